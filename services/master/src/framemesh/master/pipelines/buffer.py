"""Makes the streams and consumers of a pipeline what its specification says."""

from collections.abc import Iterable
from typing import Any

from framemesh.core.clock import NANO
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.models.catalog import FILES_STREAM, MANIFESTS
from framemesh.master.pipelines.placement import server_tags
from framemesh.runtime.jetstream.api.buckets import bucket_stream, raise_replicas
from framemesh.runtime.jetstream.api.error_codes import (
    NO_MEMORY,
    NO_PEERS,
    NO_RESOURCES,
    NO_STORAGE,
    NO_SUCH_STREAM,
    UNAVAILABLE,
    error_code,
)
from framemesh.runtime.jetstream.api.stream_info import stream_info
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.shard_consumer import shard_consumer_config
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import (
    LEDGERS_BUCKET,
    PIPELINES_BUCKET,
    accepted_subject,
    dead_stream,
    dead_subjects,
    frames_stream,
    frames_streams,
    frames_subject,
    ledger_stream,
    outcomes_subject,
    retired_subject,
    shard_consumer,
    shard_stream,
    trials_subject,
)

log = get_logger()

DUPLICATE_WINDOW = 120 * NANO
"""How long a frame that a camera sends again is recognised in the buffer, and an acceptance in the
ledger. Outcomes need no window: a subject of their own keeps a second one out."""

LEDGER_BYTES = 256 * 1024 * 1024
LEDGER_AGE = 24 * 3600 * NANO

DEAD_BYTES = 64 * 1024 * 1024
DEAD_AGE = 7 * 24 * 3600 * NANO
"""Long enough that somebody looks."""

STATE = (*map(bucket_stream, (PIPELINES_BUCKET, MANIFESTS, LEDGERS_BUCKET)), FILES_STREAM)
"""The streams that hold pipelines, models and checkpoints."""

NO_ROOM = {NO_STORAGE, NO_MEMORY, NO_RESOURCES}


class StorageMissing(FramemeshError):
    """The broker has no room for the buffer."""

    code = Code.EXHAUSTED


class BufferRefused(FramemeshError):
    """The broker refuses a stream or a consumer."""

    code = Code.INVALID


class BufferProvisioner:
    """Owns the streams `FRAMES-<pipeline>-<generation>-<i>`, with their consumers,
    `LEDGER-<pipeline>` and `DEAD-<pipeline>`.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def provision(self, spec: PipelineSpec, generation: Generation) -> None:
        """Make or change the buffer; what is as it should be stays untouched.

        Raises:
            StorageMissing: names the field, what it asks and what the broker says.
            BufferRefused: the broker refuses a change, such as fewer replicas than it can place.
        """
        await self._stream(_ledger_config(spec), "the ledger")
        await self._stream(_dead_config(spec), "the dead letters")
        tags = await self._tags(spec)
        for index in range(generation.streams):
            tag = tags[index % len(tags)] if tags else ""
            await self._stream(_frames_config(spec, generation, index), "buffer.max_bytes", tag)
            # Where a shard is leased, each holder makes a consumer of its own.
            for shard in (
                () if generation.camera_affinity else generation.shards_of(spec.name, index)
            ):
                await self._consumer(shard)
        # What is kept for a pipeline must outlive as many servers as its frames do.
        await raise_replicas(self._broker, STATE, spec.buffer.replicas)
        log.info("buffer stands", pipeline=spec.name, shards=spec.buffer.total_shards)

    async def pending(self, pipeline: str, generation: Generation) -> int:
        """Frames in a generation of the buffer: waiting, or with a worker."""
        names = frames_streams(pipeline, generation)
        infos = [await stream_info(self._broker, name) for name in names]
        return sum(info["state"]["messages"] for info in infos if info)

    async def retire(self, pipeline: str, generation: Generation) -> bool:
        """Let a generation take no more frames; those that it has are still delivered.

        Returns whether it took frames until now.
        """
        took = False
        for index, name in enumerate(frames_streams(pipeline, generation)):
            retired = [retired_subject(pipeline, generation.number, index)]
            info = await stream_info(self._broker, name)
            if info and info["config"]["subjects"] != retired:
                await self._stream({**info["config"], "subjects": retired}, "buffer")
                took = True
        return took

    async def drop(self, pipeline: str, generation: Generation) -> None:
        """Delete the streams of a generation and all that is in them."""
        for name in frames_streams(pipeline, generation):
            await self._call(f"STREAM.DELETE.{name}", {})

    async def purge_dead_letters(self, pipeline: str, subject: str) -> int:
        """Delete the dead letters that match `subject`; returns how many those were."""
        name = dead_stream(pipeline)
        answer = await self._call(f"STREAM.PURGE.{name}", {"filter": subject})
        if error := answer.get("error"):
            raise BrokerUnavailable(f"{name}: {error.get('description')}")
        return int(answer["purged"])

    async def delete(self, pipeline: str, generations: Iterable[Generation]) -> None:
        """Delete the buffer and all that is in it; what is already gone is fine."""
        for generation in generations:
            await self.drop(pipeline, generation)
        await self._call(f"STREAM.DELETE.{dead_stream(pipeline)}", {})
        await self._call(f"STREAM.DELETE.{ledger_stream(pipeline)}", {})

    async def _tags(self, spec: PipelineSpec) -> list[str]:
        """Of the servers that the streams of frames are spread over; none: JetStream chooses."""
        spread = spec.buffer.streams > 1 and spec.buffer.replicas == 1
        return await server_tags(self._broker) if spread else []

    async def _stream(self, config: dict[str, Any], field: str, tag: str = "") -> None:
        """`tag` of the server that gets it, if it is new and there is room."""
        name = config["name"]
        answer = await self._call(f"STREAM.UPDATE.{name}", config)
        if error_code(answer) == NO_SUCH_STREAM:
            placed = {**config, "placement": {"tags": [tag]}} if tag else config
            answer = await self._call(f"STREAM.CREATE.{name}", placed)
            if tag and error_code(answer) == NO_PEERS:
                answer = await self._call(f"STREAM.CREATE.{name}", config)
        if error := answer.get("error"):
            raise _refusal(error, config, field)

    async def _consumer(self, shard: Shard) -> None:
        stream, name = shard_stream(shard), shard_consumer(shard)
        answer = await self._call(
            f"CONSUMER.DURABLE.CREATE.{stream}.{name}",
            {"stream_name": stream, "config": shard_consumer_config(shard, name)},
        )
        if error := answer.get("error"):
            raise BufferRefused(f"buffer.shards: consumer {name}: {error['description']}")

    async def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._broker.request(f"$JS.API.{operation}", body)
        error = answer.get("error") or {}
        if error.get("code") == UNAVAILABLE and error["err_code"] not in NO_ROOM:
            raise BrokerUnavailable(f"JetStream: {error['description']}")
        return answer


def _refusal(error: dict[str, Any], config: dict[str, Any], field: str) -> FramemeshError:
    why, replicas = error["description"], config["num_replicas"]
    # Where there are too few servers for the replicas, it says nothing of storage.
    short = error["err_code"] == NO_PEERS and "storage" in why
    if short or error["err_code"] in NO_ROOM:
        return StorageMissing(
            f"{field}: the broker has no room for {config['max_bytes']} bytes"
            f" ({why}): ask for less, or give the broker more storage"
        )
    if replicas > 1:
        return BufferRefused(
            f"buffer.replicas: {why}: ask for fewer than {replicas}, or see that as many"
            " nats-servers run"
        )
    return BufferRefused(f"{field}: {why}")


def _frames_config(spec: PipelineSpec, generation: Generation, index: int) -> dict[str, Any]:
    buffer, shards = spec.buffer, generation.shards_of(spec.name, index)
    return {
        "name": frames_stream(spec.name, generation.number, index),
        "subjects": [frames_subject(shard, "*") for shard in shards],
        "storage": "file",
        "retention": "workqueue",
        # A full buffer refuses: that is the backpressure. Discarding the old would lose frames.
        "discard": "new",
        "max_bytes": int(buffer.max_bytes) // buffer.streams,
        "num_replicas": buffer.replicas,
        "duplicate_window": DUPLICATE_WINDOW,
    }


def _ledger_config(spec: PipelineSpec) -> dict[str, Any]:
    return {
        "name": ledger_stream(spec.name),
        "subjects": [
            outcomes_subject(spec.name, "*"),
            accepted_subject(spec.name, "*"),
            trials_subject(spec.name),
        ],
        "storage": "file",
        # Not a work queue: what was written there must stay, as proof that a frame has its outcome.
        "retention": "limits",
        "discard": "old",
        "max_bytes": LEDGER_BYTES,
        "max_age": LEDGER_AGE,
        "num_replicas": spec.buffer.replicas,
        "duplicate_window": DUPLICATE_WINDOW,
        # What became of one frame is asked for by its subject.
        "allow_direct": True,
    }


def _dead_config(spec: PipelineSpec) -> dict[str, Any]:
    return {
        "name": dead_stream(spec.name),
        "subjects": [dead_subjects(spec.name, "*")],
        "storage": "file",
        "retention": "limits",
        # Newer ones tell more of what is wrong now, and each is in the ledger anyway.
        "discard": "old",
        "max_bytes": DEAD_BYTES,
        "max_age": DEAD_AGE,
        "num_replicas": spec.buffer.replicas,
        "allow_direct": True,
    }
