"""Puts blobs into a registry, for as long as that gets on."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.master.packaging.errors import RegistryUnavailable, UploadLost
from framemesh.master.packaging.registry import Registry
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger

log = get_logger()

PART_BYTES = 4 * 1024**2
"""Of one request of an upload: what is in memory, and what is sent again after an error."""

Read = Callable[[int], AsyncGenerator[bytes, None]]
"""The bytes of a blob from an offset on."""

RETRIES = Backoff(first_seconds=0.2, max_seconds=5.0)

PATIENCE_SECONDS = 60.0
"""Without a byte more than before. A registry that restarts is back in a few seconds; after this,
the next round begins anew."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A blob that is to be in the registry."""

    digest: str
    size_bytes: int
    read: Read


class BlobPush:
    """One blob into one registry; goes on where it was after the registry was away."""

    def __init__(self, registry: Registry, clock: Clock, retries: Backoff = RETRIES) -> None:
        self._registry = registry
        self._clock = clock
        self._retries = retries

    async def run(self, blob: Pushed, sent: Callable[[int], None]) -> None:
        """Nothing is sent of a blob that is there.

        Args:
            sent: called with the bytes that the registry has, which may fall.

        Raises:
            RegistryUnavailable: nothing went on for PATIENCE_SECONDS.
            RegistryDenied, RegistryFull: trying again would not help.
        """
        attempt = _Attempt(self._registry, blob, sent)
        furthest, failures, since = -1, 0, self._clock.monotonic()
        while True:
            try:
                return await attempt.run()
            except (RegistryUnavailable, UploadLost) as error:
                if attempt.received > furthest:
                    furthest, failures, since = attempt.received, 0, self._clock.monotonic()
                failures += 1
                if self._clock.monotonic() - since > PATIENCE_SECONDS:
                    raise
                log.info("push is interrupted, will try again", why=str(error))
            await asyncio.sleep(self._retries.pause(failures))


class _Attempt:
    """The same upload, tried again."""

    def __init__(self, registry: Registry, blob: Pushed, sent: Callable[[int], None]) -> None:
        self._registry = registry
        self._blob = blob
        self._sent = sent
        self._place = ""
        self.received = 0

    async def run(self) -> None:
        if await self._registry.has_blob(self._blob.digest):
            return self._tell(self._blob.size_bytes)
        await self._resume()
        if self.received < self._blob.size_bytes:
            await self._send()
        try:
            await self._registry.end_upload(self._place, self._blob.digest)
        except UploadLost:
            self._place = ""
            raise

    async def _resume(self) -> None:
        received = 0
        if self._place:
            try:
                self._place, received = await self._registry.received(self._place)
            except UploadLost:
                self._place = ""
        if not self._place:
            self._place = await self._registry.begin_upload()
        self._tell(received)

    async def _send(self) -> None:
        async with aclosing(in_parts(self._blob.read(self.received))) as parts:
            async for part in parts:
                self._place = await self._registry.upload(self._place, self.received, part)
                self._tell(self.received + len(part))

    def _tell(self, received: int) -> None:
        self.received = received
        self._sent(received)


async def in_parts(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same bytes in parts of PART_BYTES, the last one shorter."""
    part = bytearray()
    async with aclosing(chunks):
        async for chunk in chunks:
            part += chunk
            while len(part) >= PART_BYTES:
                yield bytes(part[:PART_BYTES])
                del part[:PART_BYTES]
    if part:
        yield bytes(part)
