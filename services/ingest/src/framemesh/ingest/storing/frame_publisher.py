"""Publishes the frames of one session into the streams of its pipeline's buffer."""

import asyncio

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.generation import Shard
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.storing.backpressure_gate import BackpressureGates, EvictingGate
from framemesh.ingest.storing.latest_eviction import EvictionDeps, LatestEviction
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter, RetryPolicy
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import frames_streams


class FramePublisher:
    """Publishes side by side where order does not matter, else strictly one after the other."""

    def __init__(
        self, pipeline: PipelineSnapshot, gates: BackpressureGates, eviction: EvictionDeps
    ) -> None:
        self._pipeline = pipeline
        self._generation = pipeline.generation
        streams = frames_streams(pipeline.name, self._generation)
        self._gates = [
            EvictingGate(gates.of(stream), _eviction(pipeline, stream, eviction))
            for stream in streams
        ]
        policy = RetryPolicy(pipeline.check_stream)
        self._writers = [ReliableWriter(gate, policy) for gate in self._gates]
        self._order = asyncio.Lock() if self._generation.camera_affinity else None

    def shard(self, frame: FrameId) -> Shard:
        """The shard that a frame goes to."""
        return self._generation.shard_of(self._pipeline.name, frame)

    def window(self, shard: Shard) -> Window:
        """What a frame must acquire, with the size of its image, before it is published."""
        return self._gates[shard.stream].window

    def begin(self, shard: Shard, frame: Frame) -> asyncio.Future[int | None] | None:
        """Begin to publish, where order does not matter and nothing has to be waited for; else
        None. Anything but None as the result, or an error, is not sure: `publish` it then."""
        if self._order:
            return None
        return self._gates[shard.stream].begin_store(frame_message.to_message(shard, frame))

    async def publish(self, shard: Shard, frame: Frame) -> None:
        """Return when the buffer has the frame. Where order matters, call it in that order.

        Raises:
            PipelineUnknown, PipelineChanged, BrokerUnavailable, PublishRefused: it has not, and
                where order matters none of those after it will be published.
        """
        if self._order:
            await self._order.acquire()
        await self._writers[shard.stream].write(frame_message.to_message(shard, frame))
        # Not in a `finally`: what comes after a frame that is not stored must wait for the end.
        if self._order:
            self._order.release()


def _eviction(pipeline: PipelineSnapshot, stream: str, deps: EvictionDeps) -> LatestEviction | None:
    if pipeline.latest is None:
        return None
    return LatestEviction(pipeline.name, stream, pipeline.latest.frames, deps)
