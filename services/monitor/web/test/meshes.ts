/** Pipelines, workers and meshes for tests: sound ones, with what a test changes. */

import type { MeshMessage, Pipeline, Worker } from "../src/api/types"

export function pipeline(changes: Partial<Pipeline> = {}): Pipeline {
  return {
    ...{ name: "street", revision: 1, ready_workers: 2, wanted_workers: 2, trouble: "" },
    ...{ conditions: [], accepted_per_second: 10, completed_per_second: 10, backlog: 3 },
    ...{ backlog_bytes: 300, backlog_growth: 0, age_ms: { p50: 10, p95: 20, p99: 30 } },
    ...{ hops_ms: {}, stages: [], totals: null, reasons: {}, balanced: true, duplicates: 0 },
    ...{ unread_entries: 0, dead_letters: 0, cameras: 4, versions: [], shadow: null, problem: "" },
    ...changes,
  }
}

export function worker(changes: Partial<Worker> = {}): Worker {
  return {
    ...({ id: "street-1", pipeline: "street", node: "edge", state: "ready" } as const),
    ...({ role: "worker", revision: 1, restarts: 0, trouble: "", pid: 1, models: [] } as const),
    ...{ shards: 4, frames_in_progress: 0, triton_healthy: true },
    ...changes,
  } as Worker
}

export function meshOf(changes: Partial<MeshMessage>): MeshMessage {
  return {
    ...{ type: "mesh", at_ms: 0, pipelines: [], nodes: [], workers: [], problems: [] },
    ...changes,
  } as MeshMessage
}
