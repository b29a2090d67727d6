/** Where it hurts, in words, with the page that tells more. */

import type { MeshMessage, Pipeline, Worker } from "../api/types"
import { links } from "../links"
import { texts } from "../texts"

export interface Problem {
  /** alarm: a promise is broken or nothing runs; warning: somebody should look. */
  level: "alarm" | "warning"
  text: string
  link: string
}

export function problemsOf(mesh: MeshMessage): Problem[] {
  const found = [
    ...mesh.problems.map((text) => ({ level: "warning" as const, text, link: linkOf(text, mesh) })),
    ...mesh.pipelines.flatMap((pipeline) => [...ledgerProblems(pipeline), ...running(pipeline)]),
    ...mesh.workers.flatMap(workerProblems),
    ...mesh.nodes.flatMap((node) =>
      node.state === "away" || node.state === "unknown"
        ? [warning(texts.problems.nodeAway(node.name), links.workers)]
        : [],
    ),
  ]
  const told = new Set<string>()
  const once = found.filter(({ text }) => !told.has(text) && told.add(text))
  return once.sort((one, other) => Number(other.level === "alarm") - Number(one.level === "alarm"))
}

function ledgerProblems(pipeline: Pipeline): Problem[] {
  const link = links.ledger(pipeline.name)
  const found: Problem[] = []
  if (pipeline.balanced === false) found.push(alarm(texts.problems.unbalanced(pipeline.name), link))
  if (pipeline.duplicates > 0) {
    found.push(alarm(texts.problems.duplicates(pipeline.name, pipeline.duplicates), link))
  }
  if (pipeline.unread_entries > 0) {
    found.push(warning(texts.problems.unread(pipeline.name, pipeline.unread_entries), link))
  }
  if (pipeline.dead_letters) {
    const text = texts.problems.deadLetters(pipeline.name, pipeline.dead_letters)
    found.push(warning(text, links.deadLetters(pipeline.name)))
  }
  return found
}

function running(pipeline: Pipeline): Problem[] {
  const link = links.pipeline(pipeline.name)
  if (pipeline.problem !== "") {
    return [warning(texts.problems.of(pipeline.name, pipeline.problem), link)]
  }
  if (pipeline.trouble !== "") {
    const make = pipeline.ready_workers === 0 ? alarm : warning
    return [make(texts.problems.of(pipeline.name, pipeline.trouble), link)]
  }
  if (pipeline.ready_workers === 0 && pipeline.wanted_workers > 0) {
    return [alarm(texts.problems.noWorkers(pipeline.name, pipeline.wanted_workers), link)]
  }
  if (pipeline.ready_workers < pipeline.wanted_workers) {
    const { name, ready_workers: ready, wanted_workers: wanted } = pipeline
    return [warning(texts.problems.fewWorkers(name, ready, wanted), link)]
  }
  return []
}

function workerProblems(worker: Worker): Problem[] {
  if (worker.state !== "failed" && worker.triton_healthy !== false) return []
  const why = worker.trouble === "" ? texts.problems.unhealthyTriton : worker.trouble
  return [warning(texts.problems.of(worker.id, why), links.workers)]
}

/** A sentence of the server names what it is about; the page of that tells more. */
function linkOf(text: string, mesh: MeshMessage): string {
  const words = new Set(text.split(/[\s:,;()"'`]+/))
  const pipeline = mesh.pipelines.find(({ name }) => words.has(name))
  if (pipeline) return links.pipeline(pipeline.name)
  return links.workers
}

function alarm(text: string, link: string): Problem {
  return { level: "alarm", text, link }
}

function warning(text: string, link: string): Problem {
  return { level: "warning", text, link }
}
