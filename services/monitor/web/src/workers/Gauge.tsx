interface GaugeProps {
  name: string
  used: number
  all: number
  words: string
}

/** From here on a part of a machine is called nearly full. */
const HIGH = 0.9

export function Gauge({ name, used, all, words }: GaugeProps) {
  const share = all > 0 ? used / all : 0
  return (
    <div class="gauge">
      <span>{name}</span>
      <meter value={share} high={HIGH} class={share >= HIGH ? "high" : ""} aria-label={name} />
      <span class="number">{words}</span>
    </div>
  )
}
