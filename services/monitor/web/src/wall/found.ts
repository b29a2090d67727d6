/** What was found in a frame, in a few words. */

import type { Detection } from "../api/types"

/** Classes with their numbers, the most frequent first: `person ×4, dog ×1`. */
export function found(detections: readonly Detection[]): string {
  const counts = new Map<string, number>()
  for (const { text, label } of detections) {
    const what = text || label
    if (what !== "") counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([what, count]) => `${what} ×${count}`)
    .join(", ")
}
