"""Makes the streams and consumers of a pipeline what its specification says."""

from typing import Any

import structlog

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline import PipelineSpec
from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.subjects import (
    accepted_subject,
    frames_stream,
    frames_subject,
    ledger_stream,
    outcome_subject,
    shard_consumer,
    shards_of,
)

log = structlog.get_logger()

SECOND = 1_000_000_000

DUPLICATE_WINDOW = 120 * SECOND
"""How long a frame that a camera sends again is recognised in the buffer."""

ACK_WAIT = 10 * SECOND
"""After which an unacked frame goes to another worker; workers renew it while they work."""

MAX_DELIVER = 20
"""A backstop: a worker gives a frame up long before."""

MAX_ACK_PENDING = 512
"""Of one shard, all workers together."""

LEDGER_BYTES = 256 * 1024 * 1024
LEDGER_AGE = 24 * 3600 * SECOND
OUTCOME_WINDOW = 900 * SECOND
"""In which a second outcome is recognised by the broker: while a worker runs, a frame is delivered
again within ACK_WAIT. After a longer outage the monitor recognises it."""

NO_STORAGE = {10047, 10028, 10023}
"""Error codes: insufficient storage, maximum reserved storage, insufficient resources."""
NO_SUCH_STREAM = 10059


class StorageMissing(FramemeshError):
    """The broker has no room for the buffer."""

    code = Code.EXHAUSTED


class BufferRefused(FramemeshError):
    """The broker refuses a stream or a consumer."""

    code = Code.INVALID


class BufferProvisioner:
    """Owns the streams `FRAMES-<pipeline>-<i>` and `LEDGER-<pipeline>` and their consumers.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def provision(self, spec: PipelineSpec) -> None:
        """Make or change the buffer; what is as it should be stays untouched.

        Raises:
            StorageMissing: names the field, what it asks and what the broker says.
            BufferRefused: the broker refuses a change, such as fewer replicas than it can place.
        """
        await self._stream(_ledger_config(spec), "the ledger")
        for index in range(spec.buffer.streams):
            await self._stream(_frames_config(spec, index), "buffer.max_bytes")
            for shard in shards_of(spec.buffer, index):
                await self._consumer(spec.name, index, shard)
        log.info("buffer stands", pipeline=spec.name, shards=spec.buffer.total_shards)

    async def pending(self, spec: PipelineSpec) -> int:
        """Frames in the buffer: waiting, or with a worker."""
        total = 0
        for index in range(spec.buffer.streams):
            name = frames_stream(spec.name, index)
            answer = await self._call(f"STREAM.INFO.{name}", {})
            error = answer.get("error")
            if error is None:
                total += answer["state"]["messages"]
            elif error.get("err_code") != NO_SUCH_STREAM:
                raise BrokerUnavailable(f"{name}: {error.get('description')}")
        return total

    async def delete(self, spec: PipelineSpec) -> None:
        """Delete the buffer and all that is in it; what is already gone is fine."""
        for index in range(spec.buffer.streams):
            await self._call(f"STREAM.DELETE.{frames_stream(spec.name, index)}", {})
        await self._call(f"STREAM.DELETE.{ledger_stream(spec.name)}", {})

    async def _stream(self, config: dict[str, Any], field: str) -> None:
        answer = await self._call(f"STREAM.UPDATE.{config['name']}", config)
        if answer.get("error", {}).get("err_code") == NO_SUCH_STREAM:
            answer = await self._call(f"STREAM.CREATE.{config['name']}", config)
        error = answer.get("error")
        if error is None:
            return
        if error.get("err_code") in NO_STORAGE:
            raise StorageMissing(
                f"{field}: the broker has no room for {config['max_bytes']} bytes"
                f" ({error['description']}): ask for less, or give the broker more storage"
            )
        refused = "buffer.replicas" if config["num_replicas"] > 1 else field
        raise BufferRefused(f"{refused}: {error['description']}")

    async def _consumer(self, pipeline: str, index: int, shard: int) -> None:
        stream, name = frames_stream(pipeline, index), shard_consumer(shard)
        answer = await self._call(
            f"CONSUMER.DURABLE.CREATE.{stream}.{name}",
            {"stream_name": stream, "config": _consumer_config(pipeline, shard)},
        )
        if error := answer.get("error"):
            raise BufferRefused(f"buffer.shards: consumer {name}: {error['description']}")

    async def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._broker.request(f"$JS.API.{operation}", body)


def _frames_config(spec: PipelineSpec, index: int) -> dict[str, Any]:
    buffer = spec.buffer
    return {
        "name": frames_stream(spec.name, index),
        "subjects": [frames_subject(spec.name, shard, "*") for shard in shards_of(buffer, index)],
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
        "subjects": [outcome_subject(spec.name, "*"), accepted_subject(spec.name, "*")],
        "storage": "file",
        # Not a work queue: its deduplication survives a crash of the broker.
        "retention": "limits",
        "discard": "old",
        "max_bytes": LEDGER_BYTES,
        "max_age": LEDGER_AGE,
        "num_replicas": spec.buffer.replicas,
        "duplicate_window": OUTCOME_WINDOW,
    }


def _consumer_config(pipeline: str, shard: int) -> dict[str, Any]:
    return {
        "durable_name": shard_consumer(shard),
        "ack_policy": "explicit",
        "deliver_policy": "all",
        "ack_wait": ACK_WAIT,
        "max_deliver": MAX_DELIVER,
        "max_ack_pending": MAX_ACK_PENDING,
        "max_waiting": 64,
        "filter_subject": frames_subject(pipeline, shard, "*"),
    }
