import type { HopTime } from "../api/types"
import { duration } from "../format"
import { texts } from "../texts"
import { HopBar } from "./HopBar"
import { parts, total } from "./hops"

/** Percentiles by hop: two bars on one scale, and their figures. */
export function HopTable({ hops }: { hops: Readonly<Record<string, HopTime>> }) {
  const entries = Object.entries(hops)
  if (entries.length === 0) return <p class="quiet-text">{texts.pipeline.noHops}</p>
  const p50 = Object.fromEntries(entries.map(([hop, time]) => [hop, time.p50]))
  const p99 = Object.fromEntries(entries.map(([hop, time]) => [hop, time.p99]))
  const whole = Math.max(total(p50), total(p99))
  return (
    <div class="hops">
      <div class="hop-row">
        <span>p50</span>
        <HopBar ms={p50} wholeMs={whole} />
      </div>
      <div class="hop-row">
        <span>p99</span>
        <HopBar ms={p99} wholeMs={whole} />
      </div>
      <table class="hop-table">
        <thead>
          <tr>
            <th scope="col">Hop</th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p99
            </th>
          </tr>
        </thead>
        <tbody>
          {parts(p50).map(({ hop, name, ms }) => (
            <tr key={hop}>
              <th scope="row">
                <span class={`swatch hop-${hop}`} />
                {name}
              </th>
              <td class="number">{duration(ms)}</td>
              <td class="number">{duration(p99[hop])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet-text">{texts.pipeline.hopsNote}</p>
    </div>
  )
}
