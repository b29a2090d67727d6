"""Object stores: a stream that holds files in chunks, as `nats object` shows it.

Our own, because nats-py joins what it reads in quadratic time, has no end to its waiting, and
leaves the chunks of a file whose writer was cancelled.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.api.errors import (
    MessageNotFound,
    StreamNameInUse,
    StreamNotFound,
    retryable,
)
from framemesh.runtime.jetstream.api.headers import ROLLUP, ROLLUP_SUBJECT
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker

CHUNK_BYTES = 512 * 1024
"""Of a file in one message: half of the 1 MiB that servers take unless told otherwise."""


class ObjectDamaged(FramemeshError):
    """Chunks of a file are gone from the store."""

    code = Code.INTERNAL


class ObjectStore:
    """One bucket of files. No file is ever in memory as a whole.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker, name: str) -> None:
        self._jetstream = JetStream(broker)
        self.name = name
        self.stream = object_stream(name)

    async def create(self) -> None:
        """Make the bucket; one that is there stays as it is."""
        try:
            await self._jetstream.streams.info(self.stream)
        except StreamNotFound:
            config = StreamConfig(
                name=self.stream,
                subjects=(f"$O.{self.name}.C.>", f"$O.{self.name}.M.>"),
                discard="new",
                allow_direct=True,
                allow_rollup_headers=True,
            )
            with retryable(f"cannot make bucket {self.name}"), contextlib.suppress(StreamNameInUse):
                await self._jetstream.streams.create(config)

    async def has(self, key: str) -> bool:
        """Whether all chunks of the file are there."""
        try:
            expected = await self._chunk_count(key)
        except MessageNotFound:
            return False
        subject = self._chunks(key)
        info = await self._jetstream.streams.info(self.stream, subject)
        return info.state.subjects.get(subject, 0) == expected

    async def write(self, key: str, file: BinaryIO) -> None:
        """Store all of `file` from where it stands. Two writers of one key would mix their chunks.

        Raises:
            InsufficientResources, StoreFailed: the broker has no room for it.
        """
        # What a writer that was killed has left.
        await self._purge(key)
        try:
            size, chunks, digest = await self._write_chunks(key, file)
            info = {
                "name": key,
                "bucket": self.name,
                "nuid": key,
                "size": size,
                "chunks": chunks,
                "digest": f"SHA-256={base64.urlsafe_b64encode(digest).decode()}",
                "mtime": datetime.now(UTC).isoformat(),
                "options": {"max_chunk_size": CHUNK_BYTES},
            }
            await self._jetstream.messages.store(
                self._info(key), json.dumps(info).encode(), {ROLLUP: ROLLUP_SUBJECT}
            )
        except BaseException:
            # Also for a writer who hangs up: half a file would hold storage that nobody sees.
            with contextlib.suppress(FramemeshError):
                await self._purge(key)
            raise

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """The chunks of a file, each asked for when the one before it was taken.

        Raises:
            MessageNotFound: there is no such file.
            ObjectDamaged: chunks are missing.
        """
        sequence = 0
        for _ in range(await self._chunk_count(key)):
            message = await self._next(key, sequence + 1)
            sequence = message.sequence
            yield message.payload

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is fine."""
        with retryable(f"cannot delete file {key}"):
            # First what says that it is there: chunks alone are no file.
            await self._jetstream.streams.purge(self.stream, self._info(key))
            await self._purge(key)

    async def _write_chunks(self, key: str, file: BinaryIO) -> tuple[int, int, bytes]:
        """Store the chunks; returns bytes, chunks and SHA-256 of the file."""
        size, chunks, digest = 0, 0, hashlib.sha256()
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            await asyncio.to_thread(digest.update, chunk)
            await self._jetstream.messages.store(self._chunks(key), chunk)
            size, chunks = size + len(chunk), chunks + 1
        return size, chunks, digest.digest()

    async def _next(self, key: str, from_sequence: int) -> StoredMessage:
        messages, subject = self._jetstream.messages, self._chunks(key)
        try:
            return await messages.direct_next(self.stream, subject, from_sequence)
        except MessageNotFound:
            # A replica that is behind lacks what was just stored; the leader does not.
            pass
        try:
            return await messages.next(self.stream, subject, from_sequence)
        except MessageNotFound as error:
            raise ObjectDamaged(
                f"file {key} of bucket {self.name} lacks chunks: store it again"
            ) from error

    async def _chunk_count(self, key: str) -> int:
        message = await self._jetstream.messages.last(self.stream, self._info(key))
        info: dict[str, Any] = json.loads(message.payload)
        return int(info["chunks"])

    async def _purge(self, key: str) -> None:
        await self._jetstream.streams.purge(self.stream, self._chunks(key))

    def _chunks(self, key: str) -> str:
        return f"$O.{self.name}.C.{key}"

    def _info(self, key: str) -> str:
        return f"$O.{self.name}.M.{base64.urlsafe_b64encode(key.encode()).decode()}"


def object_stream(bucket: str) -> str:
    """The stream under a bucket."""
    return f"OBJ_{bucket}"
