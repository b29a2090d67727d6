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

/** From a count to its frames: of a fate, those that have none, or all. */
const LISTED: Readonly<Record<Column, string>> = {
  offered: "",
  accepted: "",
  rejected: "rejected",
  done: "done",
  expired: "expired",
  superseded: "superseded",
  dead: "dead",
  pending: "pending",
}

/** The frames behind a count; null: there are none to show. */
export function framesBehind(
  column: Column,
  value: number | undefined,
  pipeline: string,
  camera: string,
): string | null {
  return value ? links.frames(pipeline, { camera, fate: LISTED[column] }) : null
}

/** Reasons with their counts, the most frequent first. */
export function sortedReasons(reasons: Readonly<Record<string, number>>): Array<[string, number]> {
  return Object.entries(reasons).sort(
    ([one, first], [other, second]) => second - first || one.localeCompare(other),
  )
}
