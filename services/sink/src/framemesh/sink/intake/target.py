"""Writes to the target of a sink, however often that takes nothing for a while."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.sink.errors import TargetTrouble
from framemesh.sink.intake.counts import Counts
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.writer import Writer

log = get_logger()

BACKOFF = Backoff(first_seconds=0.5, max_seconds=30.0)


class Target:
    """A writer, and what keeps it from writing."""

    def __init__(self, sink: str, writer: Writer) -> None:
        self._sink = sink
        self._writer = writer
        self._torn = False
        """The last write or flush failed: what is not durable has to be written again."""
        self.trouble = ""
        self._written = 0

    @property
    def counts(self) -> Counts:
        return Counts(self._written, self._writer.missing, self._writer.refused)

    async def open(self) -> None:
        """Wait until it can be written to."""
        await self._persist(self._writer.open)

    async def write(self, new: list[Result], unflushed: list[Result]) -> None:
        """Write `new`, which are the last of `unflushed`."""

        async def attempt() -> None:
            if not await self._mended(unflushed):
                await self._writer.write(new)

        await self._persist(attempt)

    async def flush(self, unflushed: list[Result]) -> None:
        """Return when all of them are durable."""

        async def attempt() -> None:
            await self._mended(unflushed)
            await self._writer.flush()

        if unflushed:
            refused = self._writer.refused
            await self._persist(attempt)
            self._written += len(unflushed) - (self._writer.refused - refused)

    async def rest(self) -> None:
        """There is nothing to write at the moment."""
        try:
            await self._writer.rest()
        except TargetTrouble as error:
            self._say(error)

    async def close(self) -> None:
        await self._writer.close()

    async def _mended(self, unflushed: list[Result]) -> bool:
        """Whether all had to be written again after a failure, and are."""
        if not self._torn:
            return False
        await self._writer.abandon()
        await self._writer.open()
        await self._writer.write(unflushed)
        self._torn = False
        return True

    async def _persist(self, attempt: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                await self._attempted(attempt)
            except TargetTrouble as error:
                failures += 1
                self._torn = True
                self._say(error)
                # Of many sinks, not all at once.
                spread = random.uniform(0.5, 1.0)  # noqa: S311
                pause = spread * BACKOFF.pause(failures)
                await asyncio.sleep(max(pause, error.retry_after_seconds))
            else:
                if self.trouble:
                    log.info("a sink writes again", sink=self._sink)
                self.trouble = ""
                return

    async def _attempted(self, attempt: Callable[[], Awaitable[None]]) -> None:
        try:
            await attempt()
        except TargetTrouble:
            raise
        except Exception as error:
            # A fault of ours, or of a library, with what one sink writes: others go on.
            log.exception("a sink failed in an unexpected way", sink=self._sink)
            raise TargetTrouble(f"unexpected {type(error).__name__}: {error}") from error

    def _say(self, error: TargetTrouble) -> None:
        if str(error) != self.trouble:
            log.warning("a sink cannot write, will try again", sink=self._sink, why=str(error))
        self.trouble = str(error)
