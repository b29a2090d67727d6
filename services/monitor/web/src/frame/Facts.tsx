import type { ComponentChildren } from "preact"
import type { FrameDetails } from "../api/types"
import { duration, exactTime } from "../format"
import { Command } from "../parts/Command"
import { Fate } from "../parts/Fate"
import { texts } from "../texts"

const text = texts.frame

/** What is on record of a frame, line by line; what is not known is left out. */
export function Facts({ of }: { of: FrameDetails }) {
  const { outcome } = of
  return (
    <>
      {outcome === null && <p>{text.states[of.state]}</p>}
      {outcome?.detail && <p class="frame-detail">{outcome.detail}</p>}
      {outcome?.damaged && <p class="warning-text">{text.damaged}</p>}
      <dl class="facts">
        {outcome && (
          <Fact name={text.fate}>
            <Fate fate={outcome.fate} />
          </Fact>
        )}
        {outcome?.reason && <Fact name={text.reason}>{outcome.reason}</Fact>}
        {outcome && (
          <>
            <Fact name={text.age}>{duration(outcome.completed_ms - outcome.captured_ms)}</Fact>
            <Fact name={text.captured}>{exactTime(outcome.captured_ms)}</Fact>
            <Fact name={text.completed}>{exactTime(outcome.completed_ms)}</Fact>
          </>
        )}
        {outcome !== null && outcome.width > 0 && (
          <Fact name={text.size}>
            {outcome.width} × {outcome.height}
          </Fact>
        )}
        <Fact name={text.attempts}>{of.attempts}</Fact>
        {of.completed_by && <Fact name={text.completedBy}>{of.completed_by}</Fact>}
        {of.models.length > 0 && <Fact name={text.models}>{of.models.join(", ")}</Fact>}
        {outcome !== null && outcome.revision > 0 && (
          <Fact name={text.revision}>{outcome.revision}</Fact>
        )}
        <Fact name={text.session}>
          <span class="session">{of.session}</span>
        </Fact>
        <Fact name={text.trace}>
          <Trace of={of} />
        </Fact>
      </dl>
    </>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Trace({ of }: { of: FrameDetails }) {
  if (of.trace_id === null) return <span class="quiet-text">{text.noTrace}</span>
  const { pipeline, camera, session, sequence } = of
  return (
    <>
      {of.trace_url && (
        <a href={of.trace_url} target="_blank" rel="noreferrer">
          {text.openTrace}
        </a>
      )}
      <code class="under">{of.trace_id}</code>
      <Command>{`framemesh trace ${pipeline} ${camera} ${sequence} --session ${session}`}</Command>
    </>
  )
}
