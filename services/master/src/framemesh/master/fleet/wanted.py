"""The workers that a pipeline asks for, and those that it has, as groups."""

from collections.abc import Iterator

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.resources import Resources
from framemesh.master.fleet.port import FleetState, WorkerGroup, WorkerState


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


def as_observed(name: str, observed: FleetState) -> Iterator[WorkerGroup]:
    """The groups of a pipeline as they are, without workers that stop already."""
    replicas = (each for each in observed.of(name) if each.state is not WorkerState.STOPPING)
    revisions = [replica.revision for replica in replicas]
    for revision in sorted({*revisions}):
        yield WorkerGroup(name, revision, revisions.count(revision), stays=True)
