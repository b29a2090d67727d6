/** Figures as people read them. Nothing is shown longer than it is known. */

export const UNKNOWN = "–"

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})

export function count(value: number | null | undefined): string {
  return value == null ? UNKNOWN : whole.format(value)
}

/** A rate in frames a second: with a tenth where that says something. */
export function rate(value: number | null | undefined): string {
  if (value == null) return UNKNOWN
  return Math.abs(value) >= 100 ? whole.format(value) : tenths.format(value)
}

export function signedRate(value: number | null | undefined): string {
  if (value == null) return UNKNOWN
  const text = rate(Math.abs(value))
  if (text === "0.0") return "±0.0"
  return value > 0 ? `+${text}` : `−${text}`
}

/** A duration: 4.2 ms, 84 ms, 1.2 s, 3 min. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return UNKNOWN
  const size = Math.abs(ms)
  if (size < 9.95) return `${tenths.format(ms)} ms`
  if (size < 999.5) return `${whole.format(ms)} ms`
  if (size < 59_950) return `${tenths.format(ms / 1000)} s`
  if (size < 3_570_000) return `${whole.format(ms / 60_000)} min`
  if (size < 86_400_000) return `${tenths.format(ms / 3_600_000)} h`
  return `${whole.format(ms / 86_400_000)} d`
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const

export function bytes(value: number | null | undefined): string {
  if (value == null) return UNKNOWN
  let size = value
  let unit = 0
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${size < 9.95 && unit > 0 ? tenths.format(size) : whole.format(size)} ${UNITS[unit]}`
}

export function percent(share: number | null | undefined): string {
  return share == null ? UNKNOWN : `${whole.format(share * 100)}%`
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
})
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" })

export function timeOfDay(ms: number): string {
  return clock.format(ms)
}

export function exactTime(ms: number): string {
  const thousandths = String(Math.floor(ms % 1000)).padStart(3, "0")
  return `${date.format(ms)}, ${clock.format(ms)}.${thousandths}`
}
