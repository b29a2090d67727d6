"""One set of the streams of a pipeline, and the shards that they are cut into."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.sharding import camera_shard, rotating_shard, rotation_start
from framemesh.core.pipeline.spec import PipelineSpec


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a stream: its frames have one subject, but for the camera, and one consumer."""

    pipeline: str
    generation: int
    stream: int
    """Index of the stream that holds it."""
    number: int
    """Among the shards of all streams."""
    high: bool = False
    """For the frames of high priority, which have a shard beside each of the others."""


@dataclass(frozen=True, slots=True)
class Generation:
    """All that decides where a frame goes.

    Where one of these changes, a pipeline gets streams anew: what is in the old ones is worked off
    where it is.
    """

    number: int
    streams: int
    shards: int
    """Of each stream."""
    camera_affinity: bool
    """Whether all frames of a camera go to one shard, in order: otherwise nothing could tell
    from the stream which of them is the newest."""
    high_priority: tuple[str, ...] = ()
    """Cameras whose frames go to a shard beside the others."""

    @classmethod
    def of(cls, number: int, spec: PipelineSpec) -> Self:
        return cls(
            number=number,
            streams=spec.buffer.streams,
            shards=spec.buffer.shards,
            camera_affinity=spec.delivery.camera_affinity,
            high_priority=spec.delivery.high_priority,
        )

    def shards_of(self, pipeline: str, stream: int) -> Iterator[Shard]:
        """Of the `stream`-th stream."""
        for number in range(stream * self.shards, (stream + 1) * self.shards):
            yield Shard(pipeline, self.number, stream, number)
            if self.high_priority:
                yield Shard(pipeline, self.number, stream, number, high=True)

    def all_shards(self, pipeline: str) -> list[Shard]:
        return [
            shard for stream in range(self.streams) for shard in self.shards_of(pipeline, stream)
        ]

    def shard_of(self, pipeline: str, frame: FrameId) -> Shard:
        """Where a frame goes: it follows from the frame alone, so that one that is sent again comes
        to the stream that may already have it."""
        total = self.streams * self.shards
        if self.camera_affinity:
            number = camera_shard(frame.camera, total)
        else:
            number = rotating_shard(rotation_start(frame.camera, frame.session), frame, total)
        high = frame.camera in self.high_priority
        return Shard(pipeline, self.number, number // self.shards, number, high)
