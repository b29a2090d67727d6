/** The hops of a frame's way, in their order. */

import { texts } from "../texts"

export const HOPS = ["ingest", "dwell", "queue", "decode", "batch", "triton", "outcome"] as const

export interface Part {
  hop: string
  name: string
  ms: number
  /** Of the whole bar, 0 to 1. */
  share: number
}

/** The parts of a stacked bar whose full width is `wholeMs`, or their sum. */
export function parts(ms: Readonly<Record<string, number>>, wholeMs?: number): Part[] {
  const known = Object.keys(ms)
  const ordered = [
    ...HOPS.filter((hop) => known.includes(hop)),
    ...known.filter((hop) => !HOPS.some((one) => one === hop)),
  ]
  const whole = wholeMs ?? total(ms)
  return ordered.map((hop) => ({
    hop,
    name: texts.hops[hop] ?? hop,
    ms: ms[hop] ?? 0,
    share: whole > 0 ? (ms[hop] ?? 0) / whole : 0,
  }))
}

export function total(ms: Readonly<Record<string, number>>): number {
  return Object.values(ms).reduce((sum, one) => sum + one, 0)
}
