import type { Pipeline } from "../api/types"
import { HopBar } from "../charts/HopBar"
import { count, duration, rate, signedRate } from "../format"
import { links } from "../links"
import { Balance } from "../parts/Balance"
import { mesh, pipelines } from "../stores/mesh"
import { keepsPromises, runs } from "../stores/summary"
import { texts } from "../texts"
import { Empty } from "../wall/Empty"

const text = texts.pipeline

/** All pipelines, a row each. */
export function PipelinesScreen() {
  if (mesh.value !== null && pipelines.value.length === 0) return <Empty />
  return (
    <section class="screen">
      <h1>{text.title}</h1>
      <div class="table-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{text.name}</th>
              <th scope="col">{text.workers}</th>
              <th scope="col" class="number">
                {text.cameras}
              </th>
              <th scope="col" class="number">
                {text.accepted}
              </th>
              <th scope="col" class="number">
                {text.completed}
              </th>
              <th scope="col" class="number">
                {text.backlog}
              </th>
              <th scope="col" class="number">
                {text.growth}
              </th>
              <th scope="col" class="number">
                {text.age}
              </th>
              <th scope="col">{text.hops}</th>
              <th scope="col">{text.ledger}</th>
            </tr>
          </thead>
          <tbody>
            {pipelines.value.map((pipeline) => (
              <Row key={pipeline.name} of={pipeline} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Row({ of }: { of: Pipeline }) {
  const age = of.age_ms
  const p50 = Object.entries(of.hops_ms).map(([hop, time]) => [hop, time.p50])
  return (
    <tr>
      <th scope="row">
        <a href={links.pipeline(of.name)}>{of.name}</a>
        <span class="under">
          {of.stages.map(({ model, version }) => `${model}:${version}`).join(" → ")}
        </span>
        {of.trouble !== "" && <span class="under warning-text">{of.trouble}</span>}
      </th>
      <td>
        <span class={`state ${runs(of) ? "ready" : "failed"}`}>
          {of.ready_workers} / {of.wanted_workers}
        </span>
      </td>
      <td class="number">
        <a href={links.wallOf(of.name)}>{count(of.cameras)}</a>
      </td>
      <td class="number">{rate(of.accepted_per_second)}</td>
      <td class="number">{rate(of.completed_per_second)}</td>
      <td class="number">{count(of.backlog)}</td>
      <td class="number">{signedRate(of.backlog_growth)}</td>
      <td class="number">{[age?.p50, age?.p95, age?.p99].map((ms) => duration(ms)).join(" / ")}</td>
      <td class="hop-cell">
        <HopBar ms={Object.fromEntries(p50)} />
      </td>
      <td>
        <a href={links.ledger(of.name)}>
          <Balance balanced={keepsPromises(of)} />
        </a>
      </td>
    </tr>
  )
}
