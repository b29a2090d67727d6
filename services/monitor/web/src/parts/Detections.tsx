import type { Detection } from "../api/types"
import { classColour, css } from "../drawing/colours"
import { percent } from "../format"

interface DetectionsProps {
  of: readonly Detection[]
  nothing: string
  /** Called with the index of the one that the pointer is on; null: it left. */
  onPoint?: (index: number | null) => void
}

/** What was found, with the colour that it has on the picture. */
export function Detections({ of, nothing, onPoint }: DetectionsProps) {
  if (of.length === 0) return <p class="quiet-text">{nothing}</p>
  return (
    <ul class="detections">
      {surestFirst(of).map(({ detection, index }) => (
        <li
          key={index}
          class={detection.parent === null ? "" : "child"}
          onMouseEnter={() => onPoint?.(index)}
          onMouseLeave={() => onPoint?.(null)}
        >
          <span class="swatch" style={{ background: css(classColour(detection.label)) }} />
          <span class="detection-label">
            {detection.label}
            {detection.text !== "" && <q>{detection.text}</q>}
          </span>
          <span class="detection-stage">{detection.stage}</span>
          <span class="number">{percent(detection.score)}</span>
        </li>
      ))}
    </ul>
  )
}

/** The surest first; what was found in a crop stays below that of which it is one. */
function surestFirst(of: readonly Detection[]) {
  const all = of.map((detection, index) => ({ detection, index }))
  const root = ({ detection, index }: (typeof all)[number]) => detection.parent ?? index
  return all.sort(
    (one, other) =>
      (of[root(other)]?.score ?? 0) - (of[root(one)]?.score ?? 0) ||
      root(one) - root(other) ||
      one.index - other.index,
  )
}
