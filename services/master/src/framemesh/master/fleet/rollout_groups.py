"""The groups of workers of a pipeline: while a new revision is tried, beside the stable one's."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from framemesh.master.fleet.port import Replica, WorkerGroup
from framemesh.master.fleet.rollout import next_groups
from framemesh.master.fleet.wanted import wanted_group
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline

NO_NODES: Mapping[str, int] = MappingProxyType({})


def newest_group(stored: StoredPipeline, replicas: int) -> WorkerGroup:
    """The workers of the revision that was applied last, where a pipeline should have so many."""
    rollout = stored.rollout
    if rollout is not None and rollout.trial:
        replicas = math.ceil(rollout.canary * replicas)
    return wanted_group(stored.spec, stored.revision, replicas)


def groups_of(
    stored: StoredPipeline,
    replicas: int,
    observed: Sequence[Replica],
    preferred: Mapping[str, int] = NO_NODES,
) -> Iterator[WorkerGroup]:
    """The groups to run now; `observed` are the workers of the pipeline.

    A canary has its share of the workers, one at least, beside all that the stable one has.

    Args:
        preferred: how many workers each node should have, where that matters. Those of an earlier
            revision stay where they are until they are stopped.
    """
    newest, rollout = newest_group(stored, replicas), stored.rollout
    nodes = tuple(sorted(preferred.items()))
    if rollout is None or not rollout.trial:
        for group in next_groups(newest, observed):
            new = group.revision == newest.revision
            yield replace(group, preferred=nodes) if new else group
        return
    others = [each for each in observed if each.revision != stored.revision]
    stable = wanted_group(rollout.stable, rollout.stable_revision, replicas)
    for group in next_groups(stable, others):
        yield replace(group, preferred=nodes) if group.revision == stable.revision else group
    if newest.replicas:
        yield newest
