"""The way of one session's frames into the buffer."""

import asyncio
from functools import partial

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.generation import Shard
from framemesh.ingest.backpressure_gate import BackpressureGates, Evict
from framemesh.ingest.latest_eviction import LatestEviction
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import frames_streams, shard_stream


class FramePublisher:
    """Side by side where order does not matter, else strictly one after the other."""

    def __init__(
        self, pipeline: PipelineSnapshot, gates: BackpressureGates, eviction: LatestEviction
    ) -> None:
        self._pipeline = pipeline
        generation = pipeline.generation
        self._generation = generation
        self._gates = [gates.of(stream) for stream in frames_streams(pipeline.name, generation)]
        self._eviction = eviction
        self._turn = asyncio.Lock() if generation.camera_affinity else None

    def shard(self, frame: FrameId) -> Shard:
        """The one that a frame goes to."""
        return self._generation.shard_of(self._pipeline.name, frame)

    def window(self, shard: Shard) -> Window:
        """Where a frame takes its place before it may enter a shard."""
        return self._gates[shard.stream].window

    async def publish(self, shard: Shard, frame: Frame) -> None:
        """Return when the buffer has the frame. Those that want to enter in order must ask in it.

        Raises:
            PipelineUnknown, PipelineChanged, BrokerUnavailable, PublishRefused: it has not, and
                where order matters none of those after it will enter.
        """
        if self._turn:
            await self._turn.acquire()
        await self._pipeline.stored(
            partial(self._gates[shard.stream].store, evict=self._room_maker(shard)),
            frame_message.to_message(shard, frame),
        )
        # Not in a `finally`: what comes after a frame that is not stored must wait for the end.
        if self._turn:
            self._turn.release()

    def _room_maker(self, shard: Shard) -> Evict | None:
        latest = self._pipeline.latest
        if latest is None:
            return None
        return partial(
            self._eviction.evict, self._pipeline.name, latest.frames, shard_stream(shard)
        )
