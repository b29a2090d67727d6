import type { Step } from "../api/types"
import { duration, timeOfDay } from "../format"
import { texts } from "../texts"
import { placed } from "./timelineScale"

/** The life of a frame: a bar for each part, from its capture to its outcome. */
export function Timeline({ of }: { of: readonly Step[] }) {
  const steps = placed(of)
  const first = of[0]
  if (first === undefined) return <p class="quiet-text">{texts.frame.states.unknown}</p>
  return (
    <ol class="timeline">
      {steps.map(({ name, durationMs, startMs, start, width }) => (
        <li key={`${name} ${startMs}`}>
          <span class="timeline-name">{texts.hops[name] ?? name}</span>
          <span class="timeline-line">
            <span
              class={`timeline-bar hop-${name}`}
              style={{ left: `${start * 100}%`, width: `${width * 100}%` }}
            />
          </span>
          <span class="number" title={timeOfDay(first.at_ms + startMs)}>
            {durationMs === 0 ? `+${duration(startMs)}` : duration(durationMs)}
          </span>
        </li>
      ))}
    </ol>
  )
}
