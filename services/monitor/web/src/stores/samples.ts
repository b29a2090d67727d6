/** The figures over time of the pipeline whose page is open. */

import { signal } from "@preact/signals"
import type { Samples, SamplesMessage } from "../api/types"

/** 15 minutes at one sample a second. */
export const MOST_SAMPLES = 900
const MOST_DECISIONS = 100

export interface History {
  pipeline: string
  samples: Samples
}

export const history = signal<History | null>(null)

const SERIES = ["backlog", "growth", "accepted", "completed", "age_p99_ms", "workers"] as const

export function addSamples({ type: _, pipeline, ...samples }: SamplesMessage): void {
  const known = history.value?.pipeline === pipeline ? history.value.samples : null
  history.value = { pipeline, samples: known === null ? samples : joined(known, samples) }
}

/** What is known and what came, without what came twice: a reconnect sends all that is kept. */
export function joined(known: Samples, came: Samples): Samples {
  const lastAt = known.at_ms.at(-1) ?? Number.NEGATIVE_INFINITY
  const first = came.at_ms.findIndex((at) => at > lastAt)
  const from = first === -1 ? came.at_ms.length : first
  const result: Samples = { ...came }
  result.at_ms = together(known.at_ms, came.at_ms.slice(from), MOST_SAMPLES)
  for (const name of SERIES) {
    result[name] = together(known[name], came[name].slice(from), MOST_SAMPLES)
  }
  const told = new Set(known.decisions.map(({ at_ms, message }) => `${at_ms} ${message}`))
  const fresh = came.decisions.filter(({ at_ms, message }) => !told.has(`${at_ms} ${message}`))
  result.decisions = together(known.decisions, fresh, MOST_DECISIONS)
  return result
}

function together<T>(known: readonly T[], came: readonly T[], most: number): T[] {
  return [...known, ...came].slice(-most)
}
