/** The mesh in one line: what somebody reads who has two seconds. */

import type { MeshMessage, Pipeline } from "../api/types"

export interface Summary {
  pipelines: number
  running: number
  cameras: number
  workers: number
  readyWorkers: number
  acceptedPerSecond: number
  completedPerSecond: number
  backlog: number
  /** Of the pipeline where it is the highest; null where nothing was done lately. */
  ageP99Ms: { pipeline: string; value: number } | null
  /** null: no ledger could be read. */
  balanced: boolean | null
}

export function summaryOf(mesh: MeshMessage): Summary {
  const { pipelines } = mesh
  return {
    pipelines: pipelines.length,
    running: pipelines.filter(runs).length,
    cameras: sum(pipelines, (pipeline) => pipeline.cameras),
    workers: sum(pipelines, (pipeline) => pipeline.wanted_workers),
    readyWorkers: sum(pipelines, (pipeline) => pipeline.ready_workers),
    acceptedPerSecond: sum(pipelines, (pipeline) => pipeline.accepted_per_second),
    completedPerSecond: sum(pipelines, (pipeline) => pipeline.completed_per_second),
    backlog: sum(pipelines, (pipeline) => pipeline.backlog),
    ageP99Ms: oldest(pipelines),
    balanced: balance(pipelines),
  }
}

export function runs(pipeline: Pipeline): boolean {
  return pipeline.ready_workers > 0 && pipeline.trouble === "" && pipeline.problem === ""
}

/** Whether a ledger keeps its promises: it adds up, and no frame has two outcomes. */
export function keepsPromises(pipeline: Pipeline): boolean | null {
  return pipeline.balanced === null ? null : pipeline.balanced && pipeline.duplicates === 0
}

function balance(pipelines: readonly Pipeline[]): boolean | null {
  const known = pipelines.map(keepsPromises).filter((one) => one !== null)
  return known.length === 0 ? null : known.every(Boolean)
}

function oldest(pipelines: readonly Pipeline[]): Summary["ageP99Ms"] {
  let found: Summary["ageP99Ms"] = null
  for (const { name, age_ms: age } of pipelines) {
    if (age !== null && age.p99 > (found?.value ?? 0)) found = { pipeline: name, value: age.p99 }
  }
  return found
}

function sum(pipelines: readonly Pipeline[], of: (pipeline: Pipeline) => number | null): number {
  return pipelines.reduce((total, pipeline) => total + (of(pipeline) ?? 0), 0)
}
