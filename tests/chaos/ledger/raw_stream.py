"""Reading the streams of a pipeline by plain nats-py, message by message, without a consumer."""

import asyncio
import contextlib
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import nats
import nats.errors
from nats.aio.client import Client
from nats.js.api import RawStreamMsg, StreamInfo
from nats.js.errors import NotFoundError

from framemesh.core.frame import FrameId
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.cancellation import preserve_cancellation
from tests.chaos.ledger.record import Record

POLL_SECONDS = 0.05
"""Interval of polling for new entries."""

ANSWER_TIMEOUT_SECONDS = 5.0
"""A list of streams takes 4 s if the leader of one does not answer."""

STALE_SECONDS = 10.0
"""A former leader that was frozen learns of its successor much sooner."""

PING_SECONDS = 2
"""A server that was cut off without a word is left after two pings; the default is two minutes."""

CONCURRENT_REQUESTS = 32
"""Messages that are requested concurrently."""


class RawStreams:
    """The ledger of a pipeline as it is stored, its dead letters, and what its buffer holds."""

    def __init__(self, client: Client, pipeline: str) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=ANSWER_TIMEOUT_SECONDS)
        self._ledger = f"LEDGER-{pipeline}"
        self._dead = f"DEAD-{pipeline}"
        self._buffer = f"FRAMES-{pipeline}-"
        self._read = 0
        """Sequence number of the last message that is in `live`."""
        self.live = Record()
        """What `follow` has read so far."""
        self.shrunk: list[tuple[int, int]] = []
        """Each time the stream lost entries: (its last sequence number, the last one read
        before)."""

    async def follow(self) -> NoReturn:
        """Keep `live` up to date until cancelled, whatever happens to the broker."""
        while True:
            with contextlib.suppress(nats.errors.Error, TimeoutError):
                last = await self._last(self._ledger)
                if last < self._read:
                    last = await self._confirmed(last)
                async for sequence, message in self._messages(self._ledger, self._read + 1, last):
                    _add(self.live, sequence, message)
                    self._read = sequence
            await asyncio.sleep(POLL_SECONDS)

    async def _confirmed(self, last: int) -> int:
        """The last sequence number of the stream, which is lower than before, once confirmed.

        A leader that was frozen does not know at first that it was replaced, and answers with its
        old state.
        """
        deadline = time.monotonic() + STALE_SECONDS
        while last < self._read and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            last = await self._last(self._ledger)
        if last < self._read:
            self.shrunk.append((last, self._read))
            self._read = last
        return last

    async def whole(self) -> Record:
        """The ledger as it is now, read anew from its beginning.

        Raises:
            nats.errors.Error: the broker does not answer.
        """
        record, last = Record(), await self._last(self._ledger)
        async for sequence, message in self._messages(self._ledger, 1, last):
            _add(record, sequence, message)
        return record

    async def dead_letters(self) -> dict[FrameId, int]:
        """The frames that are kept as dead, with the CRC-32 of their bytes.

        Raises:
            nats.errors.Error: the broker does not answer.
        """
        found: dict[FrameId, int] = {}
        last = await self._last(self._dead)
        async for _, message in self._messages(self._dead, 1, last):
            if message:
                *_, camera, session, sequence = str(message.subject).split(".")
                frame = FrameId(camera, session, int(sequence))
                found[frame] = zlib.crc32(message.data or b"")
        return found

    async def buffered(self) -> tuple[int, int]:
        """How many frames are in the buffer, waiting or with a worker, and their bytes."""
        states = [stream.state for stream in await self._buffers()]
        return sum(state.messages for state in states), sum(state.bytes for state in states)

    async def servers(self) -> dict[str, bool]:
        """The names of the servers that keep the buffer's first stream: whether each leads it.

        Empty while it has no leader, or the brokers elect the one that lists streams.
        """
        cluster = next((stream.cluster for stream in await self._buffers()), None)
        if cluster is None or not cluster.leader:
            return {}
        others = [peer.name for peer in cluster.replicas or [] if peer.name]
        return {cluster.leader: True, **dict.fromkeys(others, False)}

    async def copies(self) -> dict[str, int | None]:
        """How many servers have a copy of each stream of the brokers, by its name."""
        with preserve_cancellation():
            streams = await self._jetstream.streams_info()
        return {str(stream.config.name): stream.config.num_replicas for stream in streams}

    async def publish_foreign_message(self, camera: str, payload: bytes) -> None:
        """Publish a message that is not a frame to every shard."""
        for stream in await self._buffers():
            for subject in stream.config.subjects or []:
                await self._client.publish(subject.replace("*", camera), payload)
        await self._client.flush()

    async def _buffers(self) -> list[StreamInfo]:
        with preserve_cancellation():
            streams = await self._jetstream.streams_info()
        return [stream for stream in streams if str(stream.config.name).startswith(self._buffer)]

    async def _last(self, stream: str) -> int:
        with preserve_cancellation():
            return (await self._jetstream.stream_info(stream)).state.last_seq

    async def _messages(
        self, stream: str, first: int, last: int
    ) -> AsyncIterator[tuple[int, RawStreamMsg | None]]:
        """The messages of a stream by sequence number; None for a missing one."""
        for start in range(first, last + 1, CONCURRENT_REQUESTS):
            sequences = range(start, min(start + CONCURRENT_REQUESTS, last + 1))
            messages = await asyncio.gather(*(self._message(stream, n) for n in sequences))
            for found in zip(sequences, messages, strict=True):
                yield found

    async def _message(self, stream: str, sequence: int) -> RawStreamMsg | None:
        try:
            with preserve_cancellation():
                return await self._jetstream.get_msg(stream, sequence)
        except NotFoundError:
            return None


def _add(record: Record, sequence: int, message: RawStreamMsg | None) -> None:
    if message is None or message.time is None:
        record.missing.append(sequence)
        return
    stored = int(message.time.timestamp() * 1_000_000) * 1000
    record.add(message.subject or "", message.data or b"", stored)


@asynccontextmanager
async def plain_client(url: str) -> AsyncIterator[Client]:
    """A connection that is made again after every break."""
    client = await nats.connect(
        url.split(","),
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.1,
        ping_interval=PING_SECONDS,
        error_cb=_ignore,
    )
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def raw_streams(url: str, pipeline: str) -> AsyncIterator[RawStreams]:
    """The streams of a pipeline; the ledger is followed while the context lasts."""
    async with plain_client(url) as client:
        streams = RawStreams(client, pipeline)
        async with background_task(streams.follow()):
            yield streams


async def _ignore(_: Exception) -> None:
    """Ignore connection errors: brokers are killed on purpose."""
