"""A source that is watched, and opened again when it breaks off."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.sources.errors import (
    SourceFailed,
    SourceIncomplete,
    SourceTimedOut,
    SourceUnreadable,
)
from framemesh.sources.locations import shown
from framemesh.sources.messages import (
    Alive,
    Ended,
    EndKind,
    Opened,
    SourceFrame,
    SourceMessage,
    UnreadableFrame,
)
from framemesh.sources.spec import SourceSpec
from framemesh.sources.supervision.items import Filtered, Item
from framemesh.sources.supervision.process import SourceProcess
from framemesh.sources.supervision.state import NOTHING, Phase, SourceState, added

READ_AHEAD = 4
"""Frames of a file that are asked for before they are needed: enough to keep a camera busy while
the next one is decoded. Of a live source none is: it would be old."""

SILENT_SECONDS = 20.0
"""Without a sign of life of its process, which gives one every half second: it hangs. A machine
with too much to do may keep one from running for seconds."""

MAX_MEMORY_BYTES = 1024 * 1024 * 1024
"""Of the process of a source, of its own. One of 4K holds some 300 MB."""

JITTER = 0.2
"""Share of a pause: cameras behind one switch that comes back are not all opened at once."""

BACKOFF = Backoff(first_seconds=0.5, max_seconds=15.0)
"""Between two attempts to open a source."""

STEADY_SECONDS = 10.0
"""After so long with frames, a failure is the first one again."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a source is watched."""

    retry_first: bool = False
    """Also try again what never was open. A person who named it wrongly wants to know at once."""
    silent_seconds: float = SILENT_SECONDS
    max_memory_bytes: int = MAX_MEMORY_BYTES
    backoff: Backoff = BACKOFF


DEFAULTS = WatchOptions()


class WatchedSource:
    """The frames of one source, from a process of its own.

    `async with` starts and ends that process; iterating gives each frame of a file, and the newest
    frame of a live source that has not been given yet. A live source that breaks off is opened
    again with growing pauses, as is one whose process hangs, dies or grows too large.
    """

    def __init__(
        self,
        spec: SourceSpec,
        options: WatchOptions = DEFAULTS,
        on_state: Callable[[SourceState], None] = lambda _: None,
        jitter: random.Random | None = None,
    ) -> None:
        """`on_state` is told of each change of phase."""
        self.state = SourceState(Phase.OPENING)
        self.spec = spec
        self.quality = 1.0
        """What the quality of the next JPEGs is multiplied by, 0 to 1; may be set at any time."""
        self._options = options
        self._on_state = on_state
        # Spreads attempts, is no secret.
        self._jitter = jitter or random.Random()  # noqa: S311
        self._items: asyncio.Queue[Item | Exception | None] = asyncio.Queue()
        """Bounded by what is asked for: READ_AHEAD, entries that cannot be read, of which the
        process holds few, and what was filtered before each. None: the end."""
        self._opened = asyncio.Event()
        self._process: SourceProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted = 0
        self._before = NOTHING
        self._filtered = 0
        """Frames that were filtered since the last item."""
        self._filtered_before = 0
        """Of the process that runs, those that are counted."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def opened(self) -> Opened:
        """What it is, once it is open.

        Raises:
            SourceFailed, SourceTimedOut, SourceUnreadable: it cannot be opened.
        """
        await self._opened.wait()
        if self.state.opened is not None:
            return self.state.opened
        found = await self._items.get()
        self._items.put_nowait(found)
        raise found if isinstance(found, Exception) else SourceFailed("it ended unopened")

    async def __aiter__(self) -> AsyncIterator[Item]:
        """
        Raises:
            SourceFailed, SourceTimedOut, SourceUnreadable: it broke off, and is not opened again.
            SourceIncomplete: it gave all that can be read, and that is not all that it declares.
        """
        while True:
            self._want(1)
            item = await self._items.get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    def _want(self, least: int) -> None:
        """Have so many frames asked for: of a file, more than are needed now."""
        opened = self.state.opened
        ahead = READ_AHEAD if opened is not None and not opened.live else least
        for _ in range(ahead - self._wanted - self._items.qsize()):
            self._wanted += 1
            if self._process is not None:
                self._process.want(self.quality)

    async def _run(self) -> None:
        failures = 0
        try:
            while True:
                began = asyncio.get_running_loop().time()
                try:
                    self._tell(Phase.OPENING, pid=None)
                    shortfall = await self._one_process()
                    self._end(SourceIncomplete(shortfall) if shortfall else None)
                    return
                except (SourceFailed, SourceTimedOut, OSError) as error:
                    if not self._tries_again:
                        raise
                    steady = asyncio.get_running_loop().time() - began > STEADY_SECONDS
                    failures = 1 if steady and self.state.phase is Phase.RUNNING else failures + 1
                    await self._pause(error, failures)
        except OSError as error:
            self._end(SourceFailed(f"{shown(self.spec)}: its process cannot start: {error}"))
        except Exception as error:  # noqa: BLE001  who iterates gets it
            self._end(error)

    async def _pause(self, error: Exception, failures: int) -> None:
        seconds = self._options.backoff.pause(failures)
        seconds *= 1 + JITTER * (self._jitter.random() - 0.5)
        restarts = self.state.restarts + 1
        self._tell(
            Phase.WAITING, reason=str(error), restarts=restarts, retry_seconds=seconds, pid=None
        )
        await asyncio.sleep(seconds)

    @property
    def _tries_again(self) -> bool:
        if self.state.opened is not None:
            return self.state.opened.live
        return self._options.retry_first and self.spec.kind.may_hang

    async def _one_process(self) -> str:
        """Read with one process up to the end; returns what was missing.

        Raises:
            SourceFailed, SourceTimedOut, SourceUnreadable: how it ended otherwise.
            OSError: it cannot be started.
        """
        self._process = process = await SourceProcess.start(self.spec)
        self._filtered_before = 0
        try:
            self._set(pid=process.pid)
            for _ in range(self._wanted):
                process.want(self.quality)
            while True:
                message = await self._receive(process)
                if isinstance(message, Ended):
                    return self._ended(message)
                self._take(message)
        finally:
            self._process = None
            self._before = self.state.alive or NOTHING
            await process.kill()

    async def _receive(self, process: SourceProcess) -> SourceMessage:
        name = shown(self.spec)
        try:
            async with asyncio.timeout(self._options.silent_seconds):
                message = await process.receive()
        except TimeoutError:
            raise SourceTimedOut(
                f"{name}: its process did not answer for {self._options.silent_seconds:g} s"
            ) from None
        if isinstance(message, Alive):
            most = self._options.max_memory_bytes
            if (held := process.memory_bytes()) > most:
                raise SourceFailed(
                    f"{name}: its process grew to {held >> 20} MiB, over {most >> 20} MiB"
                )
        return message

    def _take(self, message: Opened | Alive | SourceFrame | UnreadableFrame) -> None:
        if isinstance(message, Opened):
            self._tell(Phase.RUNNING, opened=message)
            self._opened.set()
            self._want(self._wanted)
        elif isinstance(message, Alive):
            self._filtered += message.filtered - self._filtered_before
            self._filtered_before = message.filtered
            self._set(alive=added(self._before, message))
            if self._items.empty():
                self._give_filtered()
        else:
            # What cannot be read fulfils no wish: its process goes on to the next.
            self._wanted -= isinstance(message, SourceFrame)
            self._give_filtered()
            self._items.put_nowait(message)

    def _give_filtered(self) -> None:
        if self._filtered:
            self._items.put_nowait(Filtered(self._filtered))
            self._filtered = 0

    def _ended(self, ended: Ended) -> str:
        match ended.kind:
            case EndKind.END:
                return ended.shortfall
            case EndKind.TIMEOUT:
                raise SourceTimedOut(ended.reason)
            case EndKind.ERROR if ended.permanent:
                raise SourceUnreadable(ended.reason)
            case EndKind.ERROR:
                raise SourceFailed(ended.reason)

    def _end(self, error: Exception | None) -> None:
        self._tell(Phase.ENDED, reason=str(error or ""), pid=None)
        self._give_filtered()
        self._items.put_nowait(error)
        self._opened.set()

    def _tell(self, phase: Phase, **changes: object) -> None:
        self._set(phase=phase, **changes)
        self._on_state(self.state)

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
