"""How many servers have a copy of a stream."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from framemesh.runtime.jetstream.api.errors import StreamNotFound, retryable
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable

COPY_SECONDS = 15.0
"""For the new replicas of a bucket, which is small; two elections take no longer."""

POLL_SECONDS = 0.1


async def replicas_of(broker: Broker, stream: str) -> int:
    """How many a stream has; 0 where there is no such stream.

    Raises:
        BrokerUnavailable: the broker does not answer in time, or cannot.
    """
    try:
        return (await JetStream(broker).streams.info(stream)).config.replicas
    except StreamNotFound:
        return 0


async def raise_replicas(broker: Broker, streams: Iterable[str], replicas: int) -> None:
    """Give each stream that is there this many replicas, unless it has as many, and return when the
    new ones have all of it: until then it may have no leader.

    Raises:
        BrokerUnavailable: the broker does not answer in time, or cannot.
    """
    raised = [stream for stream in streams if await _raised(broker, stream, replicas)]
    try:
        async with asyncio.timeout(COPY_SECONDS):
            for stream in raised:
                while not await _replicated(broker, stream, replicas):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise BrokerUnavailable(f"{stream} is still being copied to {replicas} servers") from error


async def _raised(broker: Broker, stream: str, replicas: int) -> bool:
    """Ask for them; False where there was no need."""
    streams = JetStream(broker).streams
    try:
        config = (await streams.info(stream)).config
    except StreamNotFound:
        return False
    if config.replicas >= replicas:
        return False
    with retryable("cannot add replicas"):
        await streams.update(replace(config, replicas=replicas))
    return True


async def _replicated(broker: Broker, stream: str, replicas: int) -> bool:
    try:
        info = await JetStream(broker).streams.info(stream)
    except (BrokerUnavailable, StreamNotFound):
        return False
    return bool(info.leader) and info.current_followers >= replicas - 1
