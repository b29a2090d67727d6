"""Which parts of a pipeline's buffer a worker draws from."""

from dataclasses import dataclass

from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline


@dataclass(frozen=True, slots=True)
class Lane:
    """The shards of a generation, either those of the canary's cameras or all others."""

    generation: Generation
    canary: bool = False

    def shards(self, pipeline: str) -> list[Shard]:
        shards = self.generation.all_shards(pipeline)
        return [shard for shard in shards if shard.canary == self.canary]


def lanes(stored: StoredPipeline, spec: PipelineSpec, revision: int) -> list[Lane]:
    """What a worker of a revision, with its specification, draws from; the oldest first.

    While a new revision is tried, it has the canary's frames alone, and none of those from before.
    What takes no more frames is worked off by all others. Of what takes frames now, workers of
    another revision leave what their own specification would store otherwise.
    """
    if stored.rolled_back and stored.rolled_back.revision == revision:
        return []
    trial = stored.rollout is not None and stored.rollout.trial
    if trial and revision == stored.revision:
        return [Lane(stored.generation, canary=True)] if stored.generation.canary else []
    found: list[Lane] = []
    for generation in stored.draining:
        found += _both(generation)
    if revision == stored.revision or stored.generation.stores_as(spec):
        found += [Lane(stored.generation)] if trial else _both(stored.generation)
    return found


def _both(generation: Generation) -> list[Lane]:
    return [Lane(generation), *([Lane(generation, canary=True)] if generation.canary else [])]
