"""All cameras of a file, as the file is now."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from framemesh.cli.cameras.document import CameraEntry, read_cameras
from framemesh.cli.cameras.runner import CameraRunner
from framemesh.cli.cameras.state import FleetState, write_state
from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.task_group import TaskGroup

LOOK_SECONDS = 1.0
"""Between two looks at the file, and two writings of the state."""

START_GAP_SECONDS = 0.05
"""Between the starts of two cameras: a process takes a third of a second of CPU to start, and those
that run must not wait for it."""

Version = tuple[int, int]
"""Size and time of the last change of the file."""


@dataclass(slots=True)
class _Running:
    runner: CameraRunner
    task: asyncio.Task[None] = field(repr=False)


class Fleet:
    """Runs the cameras of a file, and takes over what changes in it: a camera whose entry stays the
    same goes on as if nothing had happened."""

    def __init__(self, path: Path, state: Path, ingest: str, say: Callable[[str], None]) -> None:
        self._path = path
        self._state = state
        self._ingest = ingest
        self._say = say
        self._running: dict[CameraEntry, _Running] = {}
        self._problem = ""
        self._seen: Version | None = None

    async def run(self) -> None:
        """Until it is cancelled, or every camera has come to its end.

        Raises:
            FileUnreadable, InvalidDocument: the file cannot be read at first.
        """
        self._seen = self._version()
        entries = await asyncio.to_thread(read_cameras, self._path)
        async with TaskGroup() as group:
            await self._take_over(entries, group)
            while not all(one.task.done() for one in self._running.values()):
                await asyncio.sleep(LOOK_SECONDS)
                if (version := self._version()) != self._seen:
                    self._seen = version
                    await self._reload(group)
                await self._write()
        await self._write()

    def state(self) -> FleetState:
        return FleetState(
            written_unix=time.time(),
            pid=os.getpid(),
            problem=self._problem,
            cameras=tuple(one.runner.state() for one in self._running.values()),
        )

    async def _reload(self, group: TaskGroup) -> None:
        """A file with errors changes nothing."""
        try:
            entries = await asyncio.to_thread(read_cameras, self._path)
        except FramemeshError as error:
            self._problem = str(error)
            self._say(f"{error}; the cameras stay as they were")
            return
        self._problem = ""
        await self._take_over(entries, group)

    async def _take_over(self, entries: tuple[CameraEntry, ...], group: TaskGroup) -> None:
        wanted = set(entries)
        gone = [entry for entry in self._running if entry not in wanted]
        names = {entry.name for entry in entries}
        for entry in gone:
            self._running[entry].task.cancel()
            if entry.name not in names:
                self._say(f"{entry.name}: is not in the file any more")
        # Their sessions end before new ones of the same names begin.
        await asyncio.gather(
            *(self._running.pop(entry).task for entry in gone), return_exceptions=True
        )
        for entry in entries:
            if entry not in self._running:
                runner = CameraRunner(entry, self._ingest, self._say)
                self._running[entry] = _Running(runner, group.create_task(runner.run()))
                await asyncio.sleep(START_GAP_SECONDS)

    async def _write(self) -> None:
        try:
            await asyncio.to_thread(write_state, self._state, self.state())
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            if not self._problem:
                self._problem = f"cannot write {self._state}: {why}"
                self._say(f"{self._problem}; `framemesh cameras status` knows nothing")

    def _version(self) -> Version | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns
