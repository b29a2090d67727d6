"""The way of one session's frames into the buffer."""

import asyncio
from functools import partial

from framemesh.core.frame import Frame, FrameId
from framemesh.core.generation import Shard
from framemesh.ingest.standing_pipeline import StandingPipeline
from framemesh.ingest.superseding import Superseding
from framemesh.ingest.turnstile import MakeRoom, Turnstiles
from framemesh.runtime.jetstream.subjects import frames_streams, shard_stream
from framemesh.runtime.messages import frame_message
from framemesh.runtime.window import Window


class Entrance:
    """Side by side where order does not matter, else strictly one after the other."""

    def __init__(
        self, pipeline: StandingPipeline, turnstiles: Turnstiles, superseding: Superseding
    ) -> None:
        self._pipeline = pipeline
        generation = pipeline.generation
        self._generation = generation
        self._turnstiles = [
            turnstiles.of(stream) for stream in frames_streams(pipeline.name, generation)
        ]
        self._superseding = superseding
        self._turn = asyncio.Lock() if generation.stays else None

    def shard(self, frame: FrameId) -> Shard:
        """The one that a frame goes to."""
        return self._generation.shard_of(self._pipeline.name, frame)

    def window(self, shard: Shard) -> Window:
        """Where a frame takes its place before it may enter a shard."""
        return self._turnstiles[shard.stream].window

    async def enter(self, shard: Shard, frame: Frame) -> None:
        """Return when the buffer has the frame. Those that want to enter in order must ask in it.

        Raises:
            PipelineUnknown, PipelineChanged, BrokerUnavailable, PublishRefused: it has not, and
                where order matters none of those after it will enter.
        """
        if self._turn:
            await self._turn.acquire()
        await self._pipeline.stored(
            partial(self._turnstiles[shard.stream].store, make_room=self._room_maker(shard)),
            frame_message.to_message(shard, frame),
        )
        # Not in a `finally`: what comes after a frame that is not stored must wait for the end.
        if self._turn:
            self._turn.release()

    def _room_maker(self, shard: Shard) -> MakeRoom | None:
        latest = self._pipeline.latest
        if latest is None:
            return None
        return partial(
            self._superseding.make_room, self._pipeline.name, latest.frames, shard_stream(shard)
        )
