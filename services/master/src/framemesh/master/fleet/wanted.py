"""The workers that a pipeline asks for, and those that it has, as groups."""

from collections.abc import Iterator
from dataclasses import replace

from framemesh.core.pipeline.shadow import shadow_of
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.resources import Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState, WorkerGroup, WorkerState
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline


def wanted_group(spec: PipelineSpec, revision: int, replicas: int) -> WorkerGroup:
    """So many workers of a revision of a pipeline."""
    workers = spec.workers
    return WorkerGroup(
        spec.name,
        revision,
        replicas,
        resources=Resources(workers.cpus, int(workers.memory), workers.gpus),
        node_labels=tuple(sorted(workers.node_labels.items())),
    )


def shadow_group(stored: StoredPipeline) -> WorkerGroup | None:
    """The workers of the shadow of a pipeline; None: it has none."""
    return wanted_shadow(stored.spec, stored.shadow)


def wanted_shadow(spec: PipelineSpec, number: int) -> WorkerGroup | None:
    """Those that a pipeline asks for, under the number of that shadow; None: it asks for none."""
    shadow = shadow_of(spec)
    if shadow is None:
        return None
    return replace(wanted_group(shadow, number, shadow.workers.min), role=WorkerRole.SHADOW)


def as_observed(
    name: str, observed: FleetState, role: WorkerRole = WorkerRole.WORKER
) -> Iterator[WorkerGroup]:
    """The groups of a pipeline as they are, without workers that stop already."""
    replicas = (each for each in observed.of(name, role) if each.state is not WorkerState.STOPPING)
    revisions = [replica.revision for replica in replicas]
    for revision in sorted({*revisions}):
        yield WorkerGroup(name, revision, revisions.count(revision), role, stays=True)
