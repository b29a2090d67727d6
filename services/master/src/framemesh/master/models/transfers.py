"""How many files are on their way at once, and which worker waits for which."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import ModelVersion

MAX_TRANSFERS = 4
"""Sent or received at once. More would not be faster together, and each needs a chunk of memory."""

MAX_WAITING = 256
"""Calls that wait for their turn: a start of as many workers at once."""

WAIT_SECONDS = 300.0
"""Timeout in the queue. A retry afterwards joins at its end."""

MAX_TRANSFER_SECONDS = 1800.0
"""For one transfer: 2 GiB at a little more than 1 MB a second. A client that is slower on purpose
would hold a slot indefinitely."""

MEGABYTE = 1_000_000


class TransferTooSlow(FramemeshError):
    """A transfer held its slot for too long."""

    code = Code.UNAVAILABLE


class TooManyTransfers(FramemeshError):
    """The master sends and receives as many files as it can, and enough wait already."""

    code = Code.EXHAUSTED


@dataclass(slots=True)
class Download:
    """A file on its way to a worker."""

    model: ModelVersion
    started: bool = False
    sent_bytes: int = 0

    def __str__(self) -> str:
        name = f"model {self.model.manifest.name} {self.model.version}"
        if not self.started:
            return f"waits for {name}: the master sends {MAX_TRANSFERS} others"
        whole = self.model.size_bytes / MEGABYTE
        return f"downloads {name}: {self.sent_bytes / MEGABYTE:.0f} of {whole:.0f} MB"


class Transfers:
    """Turns, in the order in which they were asked for, and what the workers have of them."""

    def __init__(
        self,
        max_transfers: int = MAX_TRANSFERS,
        max_waiting: int = MAX_WAITING,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._turns = asyncio.Semaphore(max_transfers)
        self._max_waiting = max_waiting
        self._wait_seconds = wait_seconds
        self._waiting = 0
        self._downloads: dict[str, Download] = {}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold it in the body.

        Raises:
            TooManyTransfers: too many wait, or the wait took too long.
            TransferTooSlow: the body took too long.
        """
        await self._acquire()
        try:
            async with asyncio.timeout(MAX_TRANSFER_SECONDS) as limit:
                yield
        except (TimeoutError, GeneratorExit) as error:
            # A generator is closed where whoever takes from it is cancelled by the limit.
            if not limit.expired():
                raise
            raise TransferTooSlow(
                f"the transfer took over {MAX_TRANSFER_SECONDS:g} s: use a faster network"
            ) from error
        finally:
            self._turns.release()

    @contextmanager
    def download(self, worker: str, model: ModelVersion) -> Iterator[Download]:
        """Show in the body that `worker` waits for `model`; an empty name is shown nowhere."""
        download = Download(model)
        if worker:
            self._downloads[worker] = download
        try:
            yield download
        finally:
            # A worker that was started anew may have begun another one meanwhile.
            if self._downloads.get(worker) is download:
                del self._downloads[worker]

    def download_of(self, worker: str) -> Download | None:
        """What `worker` waits for now."""
        return self._downloads.get(worker)

    async def _acquire(self) -> None:
        if self._waiting >= self._max_waiting:
            raise TooManyTransfers(f"{self._waiting} transfers of models wait: try again later")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._turns.acquire()
        except TimeoutError as error:
            raise TooManyTransfers(
                f"no turn to transfer a model within {self._wait_seconds:g} s: try again later"
            ) from error
        finally:
            self._waiting -= 1
