/** The columns of a ledger, in the order of the equation. */

import type { Totals } from "../api/types"
import { links } from "../links"

export type Column = keyof Totals

export const COLUMNS: ReadonlyArray<{ name: Column; sign: string }> = [
  { name: "offered", sign: "" },
  { name: "accepted", sign: "=" },
  { name: "rejected", sign: "+" },
  { name: "done", sign: "" },
  { name: "expired", sign: "+" },
  { name: "superseded", sign: "+" },
  { name: "dead", sign: "+" },
  { name: "pending", sign: "+" },
]

/** From these counts one gets to the frames: of a fate, or of all. Pending ones have no outcome yet. */
const LISTED: Readonly<Partial<Record<Column, string>>> = {
  offered: "",
  accepted: "",
  rejected: "rejected",
  done: "done",
  expired: "expired",
  superseded: "superseded",
  dead: "dead",
}

/** The frames behind a count; null: there are none to show. */
export function framesBehind(
  column: Column,
  value: number | undefined,
  pipeline: string,
  camera: string,
): string | null {
  const fate = LISTED[column]
  return value && fate !== undefined ? links.frames(pipeline, { camera, fate }) : null
}

/** Reasons with their counts, the most frequent first. */
export function sortedReasons(reasons: Readonly<Record<string, number>>): Array<[string, number]> {
  return Object.entries(reasons).sort(
    ([one, first], [other, second]) => second - first || one.localeCompare(other),
  )
}
