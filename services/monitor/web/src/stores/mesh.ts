/** What is known of the whole mesh, and what follows from it. */

import { computed, signal } from "@preact/signals"
import type { MeshMessage, Pipeline } from "../api/types"
import { problemsOf } from "./problems"
import { summaryOf } from "./summary"

export const mesh = signal<MeshMessage | null>(null)

export const pipelines = computed<readonly Pipeline[]>(() => mesh.value?.pipelines ?? [])
export const summary = computed(() => (mesh.value === null ? null : summaryOf(mesh.value)))
export const problems = computed(() => (mesh.value === null ? [] : problemsOf(mesh.value)))

export function pipelineNamed(name: string): Pipeline | undefined {
  return pipelines.value.find((pipeline) => pipeline.name === name)
}
