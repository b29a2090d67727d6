"""Generations of a pipeline's buffer: its streams, and their shards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from pydantic import ConfigDict

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.sharding import (
    camera_shard,
    is_canary,
    rotating_shard,
    rotation_start,
)
from framemesh.core.pipeline.spec import PipelineSpec


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a stream, with one subject (apart from the camera) and one consumer."""

    pipeline: str
    generation: int
    stream: int
    """Index of the stream that holds it."""
    number: int
    """Among the shards of all streams."""
    high: bool = False
    """Whether it is the high-priority shard; each number has a normal one as well."""
    canary: bool = False
    """Whether it is the shard of the canary's cameras; each number has one of the others, too."""


@dataclass(frozen=True, slots=True)
class Generation:
    """All settings that decide where a frame is stored.

    When one of them changes, the pipeline gets new streams, and the old ones are drained.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    streams: int
    shards: int
    """Of each stream."""
    camera_affinity: bool
    """Whether all frames of a camera go to one shard, in order: otherwise the stream would
    not show which of them is the newest."""
    high_priority: tuple[str, ...] = ()
    """Cameras whose frames go to high-priority shards."""
    canary: float = 0.0
    """Share of the cameras whose frames go to the shards of a canary."""

    @classmethod
    def of(cls, number: int, spec: PipelineSpec, canary: float = 0.0) -> Self:
        return cls(
            number=number,
            streams=spec.buffer.streams,
            shards=spec.buffer.shards,
            camera_affinity=spec.delivery.camera_affinity,
            high_priority=spec.delivery.high_priority,
            canary=canary,
        )

    def stores_as(self, spec: PipelineSpec) -> bool:
        """Whether frames are where `spec` would have them, apart from a canary's."""
        return self == Generation.of(self.number, spec, self.canary)

    def shards_of(self, pipeline: str, stream: int) -> Iterator[Shard]:
        """The shards of one stream, by its index."""
        for number in range(stream * self.shards, (stream + 1) * self.shards):
            for canary in (False, True) if self.canary else (False,):
                yield Shard(pipeline, self.number, stream, number, canary=canary)
                if self.high_priority:
                    yield Shard(pipeline, self.number, stream, number, high=True, canary=canary)

    def all_shards(self, pipeline: str) -> list[Shard]:
        return [
            shard for stream in range(self.streams) for shard in self.shards_of(pipeline, stream)
        ]

    def shard_of(self, pipeline: str, frame: FrameId) -> Shard:
        """The shard of a frame. It depends on the frame id alone, so a retransmitted frame goes to
        the stream that may already have it."""
        total = self.streams * self.shards
        if self.camera_affinity:
            number = camera_shard(frame.camera, total)
        else:
            number = rotating_shard(rotation_start(frame.camera, frame.session), frame, total)
        high = frame.camera in self.high_priority
        canary = is_canary(frame.camera, self.canary)
        return Shard(pipeline, self.number, number // self.shards, number, high, canary)
