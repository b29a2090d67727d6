import type { ComponentChildren } from "preact"
import { useState } from "preact/hooks"
import { count, duration, rate, UNKNOWN } from "../format"
import { links } from "../links"
import { Balance } from "../parts/Balance"
import { mesh, problems, summary } from "../stores/mesh"
import type { Summary } from "../stores/summary"
import { texts } from "../texts"

/** Is it working, where does it hurt: the figures of the mesh, and its problems in words. */
export function StatusLine() {
  const now = summary.value
  return (
    <section class="status" aria-label={texts.status.label}>
      <dl class="figures">{now === null ? <Waiting /> : <Figures now={now} />}</dl>
      <Problems />
    </section>
  )
}

function Figures({ now }: { now: Summary }) {
  const wrong = now.balanced === false
  return (
    <>
      <Figure
        name={texts.status.pipelines}
        detail={`${texts.status.workers(now.readyWorkers, now.workers)} · ${texts.status.cameras(now.cameras)}`}
        link={links.pipelines}
        state={now.running < now.pipelines ? "warning" : ""}
      >
        {now.running}
        <small> / {now.pipelines}</small>
      </Figure>
      <Figure
        name={texts.status.rate}
        detail={texts.status.inOut(rate(now.acceptedPerSecond))}
        link={links.pipelines}
      >
        {rate(now.completedPerSecond)}
      </Figure>
      <Figure
        name={texts.status.age}
        detail={now.ageP99Ms ? texts.status.slowest(now.ageP99Ms.pipeline) : UNKNOWN}
        link={now.ageP99Ms ? links.pipeline(now.ageP99Ms.pipeline) : links.pipelines}
      >
        {duration(now.ageP99Ms?.value)}
      </Figure>
      <Figure
        name={texts.status.backlog}
        detail={texts.status.backlogDetail}
        link={links.pipelines}
      >
        {count(now.backlog)}
      </Figure>
      <Figure
        name={texts.status.ledger}
        detail={BALANCE[String(now.balanced)] ?? ""}
        link={links.ledger()}
        state={wrong ? "alarm" : ""}
      >
        <Balance balanced={now.balanced} />
      </Figure>
    </>
  )
}

const BALANCE: Record<string, string> = {
  true: texts.status.everyFrame,
  false: texts.status.wrong,
}

interface FigureProps {
  name: string
  detail: string
  link: string
  state?: "" | "warning" | "alarm"
  children: ComponentChildren
}

function Figure({ name, detail, link, state = "", children }: FigureProps) {
  return (
    <div class={`figure ${state}`}>
      <dt>{name}</dt>
      <dd>
        <a class="value" href={link}>
          {children}
        </a>
        <span class="detail">{detail}</span>
      </dd>
    </div>
  )
}

function Waiting() {
  return (
    <div class="figure">
      <dt>{texts.status.label}</dt>
      <dd>
        <span class="value">{UNKNOWN}</span>
        <span class="detail">{texts.status.waiting}</span>
      </dd>
    </div>
  )
}

/** So many are said before one asks for the others. */
const SHOWN = 3

function Problems() {
  const [all, setAll] = useState(false)
  const found = problems.value
  if (mesh.value === null) return null
  if (found.length === 0) return <p class="problems well">{texts.status.well}</p>
  const shown = all ? found : found.slice(0, SHOWN)
  return (
    <ul class="problems" aria-label={texts.problems.label}>
      {shown.map(({ level, text, link }) => (
        <li key={text} class={level}>
          <a href={link}>{text}</a>
        </li>
      ))}
      {found.length > SHOWN && (
        <li>
          <button type="button" class="quiet" onClick={() => setAll(!all)}>
            {all ? texts.status.fewer : texts.status.more(found.length - SHOWN)}
          </button>
        </li>
      )}
    </ul>
  )
}
