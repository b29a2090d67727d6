/** How long to wait before the next attempt to connect. */

const FIRST_MS = 500
const LONGEST_MS = 10_000

/** Doubles with each failure; a random half keeps many browsers from coming back at once. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1))
  return whole / 2 + (whole / 2) * random()
}
