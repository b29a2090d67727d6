/** Where the parts of a frame's life are on a line from the first to the last. */

import type { Step } from "../api/types"

export interface PlacedStep {
  name: string
  durationMs: number
  /** Since the beginning of the first. */
  startMs: number
  /** Of the whole line, 0 to 1. */
  start: number
  width: number
}

/** A part that takes no time is still seen. */
const NARROWEST = 0.004

export function placed(steps: readonly Step[]): PlacedStep[] {
  if (steps.length === 0) return []
  const began = Math.min(...steps.map(({ at_ms }) => at_ms))
  const ended = Math.max(...steps.map(({ at_ms, duration_ms }) => at_ms + duration_ms))
  const whole = Math.max(ended - began, Number.EPSILON)
  return steps.map(({ name, at_ms, duration_ms }) => {
    const width = Math.max(duration_ms / whole, NARROWEST)
    return {
      name,
      durationMs: duration_ms,
      startMs: at_ms - began,
      start: Math.min((at_ms - began) / whole, 1 - width),
      width,
    }
  })
}
