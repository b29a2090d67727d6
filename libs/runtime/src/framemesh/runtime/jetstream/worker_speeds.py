"""The bucket in which workers tell the master how fast they are."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.runtime.jetstream.api.errors import StreamNameInUse, StreamNotFound, retryable
from framemesh.runtime.jetstream.api.headers import MESSAGE_TTL
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import bucket_stream
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.speed_message import speed_from_payload, speed_payload

log = get_logger()

BUCKET = "framemesh-speeds"
STREAM = bucket_stream(BUCKET)

MAX_BYTES = 4 * 1024 * 1024
"""Some 20,000 workers."""

TTL_SECONDS = 30
"""After which a worker that says nothing is not known any more."""

PERIOD_SECONDS = 5.0
"""Between two writes of a worker, and between two reads of a master."""


class WorkerSpeeds:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._jetstream = JetStream(broker)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        config = StreamConfig(
            name=STREAM,
            subjects=(f"$KV.{BUCKET}.>",),
            # What is lost with a broker is written again within seconds.
            storage="memory",
            max_messages_per_subject=1,
            max_bytes=MAX_BYTES,
            discard="old",
            allow_message_ttl=True,
            allow_direct=True,
        )
        streams = self._jetstream.streams
        with retryable("cannot make the bucket of speeds"):
            try:
                await streams.info(STREAM)
            except StreamNotFound:
                with contextlib.suppress(StreamNameInUse):
                    await streams.create(config)

    async def put(self, pipeline: str, worker: str, speed: WorkerSpeed) -> None:
        """Say how fast a worker is; it is known for TTL_SECONDS."""
        key = f"$KV.{BUCKET}.{pipeline}.{worker}"
        with retryable("cannot tell the speed"):
            await self._jetstream.messages.store(
                key, speed_payload(speed), {MESSAGE_TTL: str(TTL_SECONDS)}
            )

    async def of(self, pipeline: str) -> dict[str, WorkerSpeed]:
        """By the worker's id."""
        prefix = f"$KV.{BUCKET}.{pipeline}."
        with retryable("cannot read the speeds of workers"):
            found = await self._jetstream.messages.direct_last_of_each(STREAM, f"{prefix}*")
        speeds = {
            message.subject.removeprefix(prefix): speed_from_payload(message.payload)
            for message in found
        }
        return {worker: speed for worker, speed in speeds.items() if speed is not None}


async def tell_speed(
    broker: Broker, pipeline: str, worker: str, speed: Callable[[], WorkerSpeed]
) -> NoReturn:
    """Say how fast this worker is, again and again, until cancelled."""
    speeds = WorkerSpeeds(broker)
    while True:
        await asyncio.sleep(PERIOD_SECONDS)
        if (known := speed()) != UNKNOWN_SPEED:
            try:
                await speeds.put(pipeline, worker, known)
            except FramemeshError as error:
                # The master goes on with what it knows.
                log.debug("speed is not told", why=str(error))
