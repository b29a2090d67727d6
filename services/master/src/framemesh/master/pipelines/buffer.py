"""Makes the streams and consumers of a pipeline what its specification says."""

from collections.abc import Iterable
from dataclasses import replace

from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.fleet import cordons
from framemesh.master.history.event_log import EVENTS_STREAM
from framemesh.master.models import entries, files
from framemesh.master.packaging import known_images
from framemesh.master.pipelines.change_journal import CHANGES_BUCKET
from framemesh.master.pipelines.picture_streams import copies
from framemesh.master.pipelines.placement import server_tags
from framemesh.master.pipelines.stream_provisioning import (
    BufferRefused,
    provide_stream,
    remove_stream,
)
from framemesh.master.scaling import scaling_store
from framemesh.master.shadows import shadow_store
from framemesh.runtime.jetstream import worker_speeds
from framemesh.runtime.jetstream.api.errors import (
    ApiError,
    JetStreamUnavailable,
    StreamNotFound,
    retryable,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import bucket_stream
from framemesh.runtime.jetstream.api.replicas import raise_replicas
from framemesh.runtime.jetstream.api.streams import Republish, StreamConfig, StreamInfo
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.shard_consumer import shard_consumer_config
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import (
    CHECKPOINTS_BUCKET,
    PIPELINES_BUCKET,
    REVISIONS_BUCKET,
    SINK_STATES_BUCKET,
    SINKS_BUCKET,
    accepted_subject,
    buffer_subjects,
    dead_stream,
    dead_subjects,
    frames_stream,
    frames_streams,
    frames_subject,
    generation_and_index,
    isolated_attempts_subject,
    ledger_stream,
    outcomes_subject,
    retired_subject,
    shard_consumer,
    shard_stream,
)

log = get_logger()

DUPLICATE_WINDOW_SECONDS = 120
"""How long a frame that a camera sends again is recognised in the buffer, and an acceptance in the
ledger. Outcomes need no window: a subject of their own keeps a second one out."""

DEAD_BYTES = 64 * 1024 * 1024
DEAD_AGE_SECONDS = 7 * 24 * 3600
"""Long enough that somebody looks."""

BUCKETS = (
    *(PIPELINES_BUCKET, CHANGES_BUCKET, REVISIONS_BUCKET, CHECKPOINTS_BUCKET),
    *(entries.BUCKET, cordons.BUCKET, scaling_store.BUCKET, shadow_store.BUCKET),
    *(known_images.BUCKET, SINKS_BUCKET, SINK_STATES_BUCKET),
)

STATE = (*map(bucket_stream, BUCKETS), files.STREAM, EVENTS_STREAM, worker_speeds.STREAM)
"""The streams that hold pipelines, models, checkpoints, events and what else a master needs before
it leads: with one of them on a dead server alone, none would."""


class BufferProvisioner:
    """Owns the streams `FRAMES-<pipeline>-<generation>-<i>`, with their consumers,
    `LEDGER-<pipeline>` and `DEAD-<pipeline>`.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._jetstream = JetStream(broker)

    async def provision(
        self, spec: PipelineSpec, generation: Generation, *, pictures: bool = False
    ) -> None:
        """Make or change the buffer; what is as it should be stays untouched.

        Args:
            pictures: whether frames are copied for sinks.

        Raises:
            StorageMissing: names the field, what it asks and what the broker says.
            BufferRefused: the broker refuses a change, such as fewer replicas than it can place.
        """
        tags = await self._tags(spec)
        for index in range(generation.streams):
            tag = tags[index % len(tags)] if tags else ""
            config = _frames_config(spec, generation, index, copies(spec, pictures=pictures))
            await self._stream(config, "buffer.max_bytes", tag)
            # Where a shard is leased, each holder makes a consumer of its own.
            for shard in (
                () if generation.camera_affinity else generation.shards_of(spec.name, index)
            ):
                await self._consumer(shard)
        # After the buffer: where that is too large, so is the ledger's default, and the buffer is
        # what its owner wrote.
        by_default = "" if spec.ledger.max_bytes else ", by default a quarter of buffer.max_bytes"
        await self._stream(_ledger_config(spec), f"ledger.max_bytes{by_default}")
        await self._stream(_dead_config(spec), "the dead letters")
        # What is kept for a pipeline must outlive as many servers as its frames do.
        await raise_replicas(self._broker, STATE, spec.buffer.replicas)
        log.info("buffer provisioned", pipeline=spec.name, shards=spec.buffer.total_shards)

    async def generations(self, pipeline: str) -> list[Generation]:
        """The generations that the broker has streams of, the oldest first. Their shards are not
        known."""
        streams: dict[int, int] = {}
        for subject in buffer_subjects(pipeline):
            for name in await self._jetstream.streams.names(subject):
                if found := generation_and_index(name, pipeline):
                    number, index = found
                    streams[number] = max(streams.get(number, 0), index + 1)
        return [Generation(number, streams[number], 0, False) for number in sorted(streams)]

    async def holds(self, spec: PipelineSpec, generation: Generation) -> bool:
        """Whether the streams of a generation take what they are to take, and their consumers are
        of the kind that they should be."""
        for index in range(generation.streams):
            config = _frames_config(spec, generation, index)
            info = await self._info(config.name)
            if info is None or set(info.config.subjects) != set(config.subjects):
                return False
            consumers = await self._jetstream.consumers.names(config.name)
            shared = map(shard_consumer, generation.shards_of(spec.name, index))
            if generation.camera_affinity == any(name in consumers for name in shared):
                return False
        return True

    async def pending(self, pipeline: str, generation: Generation) -> int:
        """Frames in a generation of the buffer: waiting, or with a worker."""
        names = frames_streams(pipeline, generation)
        infos = [await self._info(name) for name in names]
        return sum(info.state.messages for info in infos if info)

    async def redeliver_forgotten(self, pipeline: str, generation: Generation) -> None:
        """Have frames delivered again that are acked and still there.

        A disk that is full keeps JetStream from removing what is acked (nats-server 2.12): that
        frame has its outcome, is delivered never more, and takes room for ever. Delivered once
        more, it is acked once more.

        Raises:
            BrokerUnavailable: the broker does not answer in time.
        """
        for name in frames_streams(pipeline, generation):
            # Streams and consumers may be removed meanwhile.
            with retryable("cannot look for frames that are done"):
                await self._redeliver_forgotten(name)

    async def _redeliver_forgotten(self, stream: str) -> None:
        before = await self._info(stream)
        if before is None or not before.state.messages:
            return
        consumers = await self._jetstream.consumers.names(stream)
        infos = [await self._jetstream.consumers.info(stream, each) for each in consumers]
        idle = bool(infos) and not any(info.waiting or info.unacked for info in infos)
        now = await self._info(stream)
        # Nothing came or went meanwhile: what is there is no frame that was just acked.
        if not idle or now is None or now.state != before.state:
            return
        frames = now.state.messages
        log.warning("acked frames are still in the buffer", stream=stream, frames=frames)
        for each in consumers:
            await self._jetstream.consumers.reset(stream, each, from_sequence=1)

    async def ledger_end(self, pipeline: str) -> int:
        """The sequence number of the newest entry in the ledger's stream; 0: there is none."""
        info = await self._info(ledger_stream(pipeline))
        return info.state.last_sequence if info else 0

    async def retire(self, pipeline: str, generation: Generation) -> bool:
        """Let a generation take no more frames; those that it has are still delivered.

        Returns whether it took frames until now.
        """
        took = False
        for index, name in enumerate(frames_streams(pipeline, generation)):
            retired = (retired_subject(pipeline, generation.number, index),)
            info = await self._info(name)
            if info and info.config.subjects != retired:
                config = replace(info.config, subjects=retired, republish=None)
                await self._stream(config, "buffer")
                took = True
        return took

    async def drop(self, pipeline: str, generation: Generation) -> None:
        """Delete the streams of a generation and all that is in them."""
        for name in frames_streams(pipeline, generation):
            await remove_stream(self._jetstream.streams, name)

    async def purge_dead_letters(self, pipeline: str, subject: str) -> int:
        """Delete the dead letters that match `subject`; returns how many those were."""
        with retryable("cannot delete dead letters"):
            return await self._jetstream.streams.purge(dead_stream(pipeline), subject)

    async def delete(self, pipeline: str, generations: Iterable[Generation]) -> None:
        """Delete the buffer and all that is in it; what is already gone is fine."""
        for generation in generations:
            await self.drop(pipeline, generation)
        await remove_stream(self._jetstream.streams, dead_stream(pipeline))
        await remove_stream(self._jetstream.streams, ledger_stream(pipeline))

    async def _info(self, stream: str) -> StreamInfo | None:
        try:
            return await self._jetstream.streams.info(stream)
        except StreamNotFound:
            return None

    async def _tags(self, spec: PipelineSpec) -> list[str]:
        """Of the servers that the streams of frames are spread over; none: JetStream chooses."""
        spread = spec.buffer.streams > 1 and spec.buffer.replicas == 1
        return await server_tags(self._broker) if spread else []

    async def _stream(self, config: StreamConfig, field: str, tag: str = "") -> None:
        await provide_stream(self._jetstream.streams, config, field, tag)

    async def _consumer(self, shard: Shard) -> None:
        stream, name = shard_stream(shard), shard_consumer(shard)
        try:
            await self._jetstream.consumers.create(stream, shard_consumer_config(shard, name))
        except JetStreamUnavailable:
            raise
        except ApiError as error:
            raise BufferRefused(f"buffer.shards: consumer {name}: {error.description}") from error


def _frames_config(
    spec: PipelineSpec, generation: Generation, index: int, republish: Republish | None = None
) -> StreamConfig:
    buffer, shards = spec.buffer, generation.shards_of(spec.name, index)
    return StreamConfig(
        name=frames_stream(spec.name, generation.number, index),
        subjects=tuple(frames_subject(shard, "*") for shard in shards),
        retention="workqueue",
        # A full buffer refuses: that is the backpressure. Discarding the old would lose frames.
        discard="new",
        max_bytes=int(buffer.max_bytes) // buffer.streams,
        replicas=buffer.replicas,
        duplicate_window_seconds=DUPLICATE_WINDOW_SECONDS,
        republish=republish,
    )


def _ledger_config(spec: PipelineSpec) -> StreamConfig:
    return StreamConfig(
        name=ledger_stream(spec.name),
        subjects=(
            outcomes_subject(spec.name, "*"),
            accepted_subject(spec.name, "*"),
            isolated_attempts_subject(spec.name),
        ),
        # Not a work queue: what was written there must stay, as proof that a frame has its outcome.
        retention="limits",
        max_bytes=spec.ledger_max_bytes,
        max_age_seconds=spec.ledger.max_age.total_seconds(),
        replicas=spec.buffer.replicas,
        duplicate_window_seconds=DUPLICATE_WINDOW_SECONDS,
        # What became of one frame is asked for by its subject.
        allow_direct=True,
    )


def _dead_config(spec: PipelineSpec) -> StreamConfig:
    return StreamConfig(
        name=dead_stream(spec.name),
        subjects=(dead_subjects(spec.name, "*"),),
        # Newer ones tell more of what is wrong now, and each is in the ledger anyway.
        discard="old",
        max_bytes=DEAD_BYTES,
        max_age_seconds=DEAD_AGE_SECONDS,
        replicas=spec.buffer.replicas,
        allow_direct=True,
    )
