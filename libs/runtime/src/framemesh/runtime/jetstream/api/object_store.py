"""Object stores: a stream that holds files in pieces, as `nats object` shows it."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import nats.errors
import nats.js.errors
from nats.js import object_store
from nats.js.api import ObjectStoreConfig

from framemesh.runtime.jetstream.api.errors import StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import (
    ANSWER_TIMEOUT_SECONDS,
    Broker,
    BrokerUnavailable,
)
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation


class ObjectStore:
    """One bucket of files, which nats-py reads and writes.

    Every method raises BrokerUnavailable when the broker does not answer in time. nats-py would
    wait for ever for what a broker that goes away owes it.
    """

    def __init__(self, broker: Broker, name: str, file_timeout_seconds: float) -> None:
        """
        Args:
            file_timeout_seconds: how long one file may take to be read or written.
        """
        self._broker = broker
        self.name = name
        self.stream = object_stream(name)
        self._file_timeout_seconds = file_timeout_seconds

    async def create(self) -> None:
        """Make the bucket; one that is there stays as it is."""
        try:
            await JetStream(self._broker).streams.info(self.stream)
        except StreamNotFound:
            with self._errors("make"):
                await self._context().create_object_store(self.name, ObjectStoreConfig())

    async def put_once(self, key: str, content: bytes | BinaryIO) -> None:
        """Put a file, unless it is there: putting it again would take it from whoever reads it."""
        with self._errors(f"write {key} to"):
            async with asyncio.timeout(self._file_timeout_seconds):
                files = await self._files()
                try:
                    await files.get_info(key)
                except nats.js.errors.ObjectNotFoundError:
                    await files.put(key, content)  # type: ignore[arg-type]  # it reads any file

    async def read_into(self, key: str, file: BinaryIO) -> None:
        """Write a file of the bucket into `file`, piece by piece, in a thread."""
        with self._errors(f"read {key} from"):
            async with asyncio.timeout(self._file_timeout_seconds):
                await (await self._files()).get(key, writeinto=file)  # type: ignore[arg-type]

    async def read(self, key: str) -> bytes:
        """A whole file of the bucket."""
        # Into a buffer: nats-py joins the pieces of what it returns in quadratic time.
        content = io.BytesIO()
        await self.read_into(key, content)
        return content.getvalue()

    async def _files(self) -> object_store.ObjectStore:
        return await self._context().object_store(self.name)

    def _context(self) -> "nats.js.JetStreamContext":
        return self._broker.client.jetstream(timeout=ANSWER_TIMEOUT_SECONDS)

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            with preserve_cancellation():
                yield
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot {what} bucket {self.name}: {error}") from error


def object_stream(bucket: str) -> str:
    """The stream under a bucket."""
    return f"OBJ_{bucket}"
