import { duration, UNKNOWN } from "../format"
import { parts } from "./hops"

interface HopBarProps {
  ms: Readonly<Record<string, number>>
  /** What the full width stands for; else the sum. */
  wholeMs?: number
}

/** Where the time of a frame went: one bar, a part for each hop. */
export function HopBar({ ms, wholeMs }: HopBarProps) {
  const found = parts(ms, wholeMs)
  if (found.length === 0) return <span class="quiet-text">{UNKNOWN}</span>
  const words = found.map(({ name, ms: time }) => `${name} ${duration(time)}`)
  return (
    <div class="hop-bar" role="img" aria-label={words.join(", ")}>
      {found.map(({ hop, share }, at) => (
        <span
          key={hop}
          class={`hop hop-${hop}`}
          title={words[at]}
          style={{ width: `${share * 100}%` }}
        />
      ))}
    </div>
  )
}
