import type { Worker } from "../api/types"
import { count } from "../format"
import { links } from "../links"
import { texts } from "../texts"

const text = texts.workers

export function WorkerTable({ workers }: { workers: readonly Worker[] }) {
  return (
    <div class="table-scroll">
      <table class="workers">
        <thead>
          <tr>
            <th scope="col">{text.worker}</th>
            <th scope="col">{text.state}</th>
            <th scope="col">{text.pipeline}</th>
            <th scope="col">{text.node}</th>
            <th scope="col" class="number">
              {text.revision}
            </th>
            <th scope="col">{text.models}</th>
            <th scope="col" class="number">
              {text.shards}
            </th>
            <th scope="col" class="number">
              {text.inProgress}
            </th>
            <th scope="col" class="number">
              {text.restarts}
            </th>
            <th scope="col">{text.trouble}</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <Row key={worker.id} of={worker} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ of }: { of: Worker }) {
  return (
    <tr data-worker={of.id} data-state={of.state}>
      <th scope="row">
        {of.id}
        {of.role === "shadow" && <span class="under">{text.shadow}</span>}
      </th>
      <td>
        <span class={`state ${of.state}`}>{text.states[of.state]}</span>
      </td>
      <td>
        <a href={links.pipeline(of.pipeline)}>{of.pipeline}</a>
      </td>
      <td>{of.node}</td>
      <td class="number">{of.revision}</td>
      <td>{of.models.join(", ")}</td>
      <td class="number">{count(of.shards)}</td>
      <td class="number">{count(of.frames_in_progress)}</td>
      <td class={`number ${of.restarts > 0 ? "warning-text" : ""}`} data-restarts>
        {of.restarts}
      </td>
      <td class="trouble">
        {of.triton_healthy === false && <span class="warning-text">{text.triton}. </span>}
        {of.trouble}
      </td>
    </tr>
  )
}
