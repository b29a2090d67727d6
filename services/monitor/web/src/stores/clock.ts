/** The time of the server: ages are right also where the clock of the browser is wrong. */

/** Clocks are set now and then; a step of so much is no slow message. */
const STEP_MS = 5000

let offsetMs: number | null = null

/** Note when the server wrote a message. The fastest message came closest to its clock. */
export function noteServerTime(atMs: number, nowMs: number = Date.now()): void {
  const seen = atMs - nowMs
  if (offsetMs === null || Math.abs(seen - offsetMs) > STEP_MS) offsetMs = seen
  else noteServerIsPast(atMs, nowMs)
}

/** Note a time that the server's clock has passed, such as that of an outcome. */
export function noteServerIsPast(atMs: number, nowMs: number = Date.now()): void {
  if (offsetMs !== null) offsetMs = Math.max(offsetMs, atMs - nowMs)
}

export function serverNow(nowMs: number = Date.now()): number {
  return nowMs + (offsetMs ?? 0)
}
