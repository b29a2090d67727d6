/** The columns of a ledger, in the order of the equation. */

import type { Totals } from "../api/types"

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

/** Fates that frames are kept of: from their counts one gets to the frames. */
export const LISTED: ReadonlySet<Column> = new Set([
  "rejected",
  "done",
  "expired",
  "superseded",
  "dead",
])

/** Reasons with their counts, the most frequent first. */
export function sortedReasons(reasons: Readonly<Record<string, number>>): Array<[string, number]> {
  return Object.entries(reasons).sort(
    ([one, first], [other, second]) => second - first || one.localeCompare(other),
  )
}
