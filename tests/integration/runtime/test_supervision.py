"""Real processes that are kept running. Pauses are short, and the time of 30 s is a clock's."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.processes import supervision
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.supervision import (
    STABLE_SECONDS,
    ProcessStatus,
    State,
    SupervisedProcess,
)

SLEEPS = "import time; time.sleep(60)"
FAILS = "raise SystemExit('no such camera')"


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def unix_nano(self) -> int:
        return int(self.seconds * 1e9)


class Scene:
    """One supervised process, with everything about it in the hands of the test."""

    def __init__(self, folder: Path) -> None:
        self.program = SLEEPS
        """What the next life runs."""
        self.programs: dict[int, str] = {}
        """What each life ran, by its pid."""
        self.possible = True
        self.serving = True
        self.clock = HandClock()
        self.seen: list[ProcessStatus] = []
        self._log = folder / "child.log"
        self._news = asyncio.Event()
        self.supervised = SupervisedProcess(
            "child",
            start=self._start,
            ready=self._ready,
            changed=self._note,
            grace_seconds=5,
            restarts=Backoff(first_seconds=0.01, max_seconds=0.02),
            clock=self.clock,
        )

    async def _start(self) -> Child:
        if not self.possible:
            raise FramemeshError("no free port")
        program = self.program
        command = (sys.executable, "-S", "-c", program)
        child = await Child.start(command, name="child", log=self._log)
        self.programs[child.pid] = program
        return child

    async def _ready(self) -> bool:
        return self.serving

    def _note(self) -> None:
        self.seen.append(self.supervised.status)
        self._news.set()

    async def until(self, status: Callable[[ProcessStatus], bool]) -> ProcessStatus:
        async with asyncio.timeout(10):
            while not status(self.supervised.status):
                self._news.clear()
                await self._news.wait()
        return self.supervised.status


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(supervision, "STARTING_CHECK_SECONDS", 0.01)
    monkeypatch.setattr(supervision, "READY_CHECK_SECONDS", 0.02)
    before = psutil.Process().children(recursive=True)
    scene = Scene(tmp_path)
    yield scene
    assert set(psutil.Process().children(recursive=True)) <= set(before)


def ready(status: ProcessStatus) -> bool:
    return status.state is State.READY


async def test_it_is_ready_only_when_it_says_so(scene: Scene) -> None:
    scene.serving = False
    async with background_task(scene.supervised.run()):
        starting = await scene.until(lambda status: status.pid != 0)
        assert starting.state is State.STARTING
        scene.serving = True
        assert await scene.until(ready) == ProcessStatus(State.READY, starting.pid)


async def test_one_that_no_longer_serves_is_not_ready(scene: Scene) -> None:
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        scene.serving = False
        after = await scene.until(lambda status: status.state is State.STARTING)
        assert (after.pid, after.restarts) == (before.pid, 0)


async def test_a_killed_one_is_started_again(scene: Scene) -> None:
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        os.kill(before.pid, signal.SIGKILL)
        after = await scene.until(lambda status: ready(status) and status.restarts == 1)
        assert after.pid != before.pid
        assert after.trouble == "killed by signal 9 (Killed)"
        assert State.FAILED in [status.state for status in scene.seen]


async def test_the_trouble_of_one_that_ends_is_what_it_said_last(scene: Scene) -> None:
    scene.program = FAILS
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert (failed.trouble, failed.pid) == ("no such camera", 0)
        scene.program = SLEEPS
        await scene.until(ready)


async def test_one_that_cannot_be_started_is_tried_again(scene: Scene) -> None:
    scene.possible = False
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert failed.trouble == "cannot be started: no free port"
        scene.possible = True
        await scene.until(ready)


async def test_a_steady_life_ends_the_row_of_failures(scene: Scene) -> None:
    scene.program = FAILS
    async with background_task(scene.supervised.run()):
        await scene.until(lambda status: status.restarts >= 3)
        scene.program = SLEEPS
        before = await scene.until(lambda status: scene.programs.get(status.pid) == SLEEPS)
        await scene.until(ready)
        scene.clock.seconds += STABLE_SECONDS
        async with asyncio.timeout(5):
            while scene.supervised._failures > 0:
                await asyncio.sleep(0.01)
        os.kill(before.pid, signal.SIGKILL)
        await scene.until(lambda status: status.restarts > before.restarts)
        assert scene.supervised._failures == 1
