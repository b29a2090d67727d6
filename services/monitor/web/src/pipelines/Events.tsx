import type { Event } from "../api/types"
import { exactTime, timeOfDay } from "../format"
import { texts } from "../texts"

/** So many of the newest are shown. */
const SHOWN = 40

export function Events({ of }: { of: readonly Event[] }) {
  if (of.length === 0) return <p class="quiet-text">{texts.pipeline.noEvents}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached
    <ol class="events" tabIndex={0}>
      {of
        .slice(-SHOWN)
        .reverse()
        .map(({ at_ms, kind, message, times }) => (
          <li key={`${at_ms} ${kind} ${message}`}>
            <time title={exactTime(at_ms)}>{timeOfDay(at_ms)}</time>
            <span class="event-kind">{kind.replaceAll("_", " ")}</span>
            <span>
              {message}
              {times > 1 && <small> {texts.pipeline.times(times)}</small>}
            </span>
          </li>
        ))}
    </ol>
  )
}
