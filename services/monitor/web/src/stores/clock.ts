/** The time of the server: ages are right also where the clock of the browser is wrong. */

let offsetMs: number | null = null

/** Note when the server wrote a message. The fastest message came closest to its clock. */
export function noteServerTime(atMs: number, nowMs: number = Date.now()): void {
  const seen = atMs - nowMs
  offsetMs = offsetMs === null || Math.abs(seen - offsetMs) > 5000 ? seen : Math.max(offsetMs, seen)
}

export function serverNow(): number {
  return Date.now() + (offsetMs ?? 0)
}
