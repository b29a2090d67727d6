import { useRoute } from "preact-iso"
import { apiPath } from "../api/http"
import type { Pipeline, PipelineDetails } from "../api/types"
import { HopTable } from "../charts/HopTable"
import { StageGraph } from "../charts/StageGraph"
import { count, duration, rate, signedRate } from "../format"
import { links } from "../links"
import { Balance } from "../parts/Balance"
import { Panel } from "../parts/Panel"
import { type Resource, useResource } from "../parts/resource"
import { mesh, pipelineNamed } from "../stores/mesh"
import { keepsPromises } from "../stores/summary"
import { texts } from "../texts"
import { Conditions } from "./Conditions"
import { Events } from "./Events"
import { OverTime } from "./OverTime"
import { Shadow } from "./Shadow"
import { Versions } from "./Versions"

const text = texts.pipeline
/** Events and revisions change seldom; figures come by the live connection. */
const REFRESH_MS = 5000

/** One pipeline: where its frames are, how fast it is, and how it came to be so. */
export function PipelineScreen() {
  const { params } = useRoute()
  const { pipeline: name = "" } = params
  const details = useResource<PipelineDetails>(apiPath("pipelines", name), REFRESH_MS)
  const now = pipelineNamed(name) ?? details.data
  if (now === null) return <Unknown name={name} details={details} />
  return (
    <section class="screen pipeline" key={name}>
      <Head of={now} />
      <Panel title={text.wayOfAFrame}>
        <StageGraph pipeline={now} />
      </Panel>
      <OverTime pipeline={name} />
      <div class="columns">
        <Panel title={text.hops}>
          <HopTable hops={now.hops_ms} />
        </Panel>
        <Panel title={text.conditions}>
          <Conditions of={now} />
        </Panel>
        <Panel title={text.versions}>
          <Versions of={now} revisions={details.data?.revisions ?? []} />
        </Panel>
        <Panel title={text.shadow}>
          <Shadow summary={now.shadow} report={details.data?.shadow_report ?? null} name={name} />
        </Panel>
        <Panel title={text.events}>
          <Events of={details.data?.events ?? []} />
        </Panel>
        {details.data && (
          <Panel title={text.specification}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached */}
            <pre class="specification" tabIndex={0}>
              {details.data.spec_yaml}
            </pre>
          </Panel>
        )}
      </div>
    </section>
  )
}

function Unknown({ name, details }: { name: string; details: Resource<PipelineDetails> }) {
  const waiting = mesh.value === null && details.error === ""
  return (
    <section class="screen">
      <h1>{waiting ? name : text.unknown(name)}</h1>
      <p class="quiet-text">{waiting ? texts.loading : details.error}</p>
    </section>
  )
}

function Head({ of }: { of: Pipeline }) {
  const age = of.age_ms
  return (
    <header class="pipeline-head">
      <h1>
        {of.name} <small>{text.revision(of.revision)}</small>
      </h1>
      <dl class="inline-figures">
        <Figure name={text.workers} value={`${of.ready_workers} / ${of.wanted_workers}`} />
        <Figure name={text.accepted} value={`${rate(of.accepted_per_second)}/s`} />
        <Figure name={text.completed} value={`${rate(of.completed_per_second)}/s`} />
        <Figure name={text.backlog} value={count(of.backlog)} />
        <Figure name={text.growth} value={`${signedRate(of.backlog_growth)}/s`} />
        <Figure
          name={text.age}
          value={[age?.p50, age?.p95, age?.p99].map((ms) => duration(ms)).join(" / ")}
        />
      </dl>
      <nav class="links" aria-label={of.name}>
        <a href={links.ledger(of.name)}>
          <Balance balanced={keepsPromises(of)} />
        </a>
        <a href={links.wallOf(of.name)}>{text.wall}</a>
        <a href={links.frames(of.name)}>{text.frames}</a>
        <a href={links.deadLetters(of.name)}>
          {text.deadLetters} {count(of.dead_letters)}
        </a>
      </nav>
    </header>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
