"""Real processes that are kept running. Pauses are short; longer times are those of a clock that
the test moves."""

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
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.liveness import LivenessBounds
from framemesh.runtime.processes.supervision import (
    MAX_TROUBLE,
    STABLE_SECONDS,
    HealthProblem,
    ProcessStatus,
    State,
    SupervisedProcess,
)
from tests.hand_clock import HandClock
from tests.waiting import eventually

SLOW_START_SECONDS = 7.0
SLEEPS = "import time; time.sleep(60)"
FAILS = "raise SystemExit('no such camera')"


class Scene:
    """One supervised process, with everything about it in the hands of the test."""

    def __init__(self, folder: Path) -> None:
        self.program = SLEEPS
        """What the next process runs."""
        self.programs: dict[int, str] = {}
        """What each process ran, by its pid."""
        self.possible = True
        self.refusal: Exception = FramemeshError("no free port")
        self.health = Health.SERVING
        self.fault: Exception | None = None
        """Raised by every check."""
        self.clock = HandClock(0.0)
        self.seen: list[ProcessStatus] = []
        self._log = folder / "child.log"
        self._changed_status = asyncio.Event()
        self._checked = asyncio.Event()
        self.supervised = SupervisedProcess(
            "child",
            start=self._start,
            check=self._check,
            changed=self._note,
            find_problem=self._find_problem,
            grace_seconds=5,
            restarts=Backoff(first_seconds=0.01, max_seconds=0.02),
            permanent_restarts=Backoff(first_seconds=3600.0, max_seconds=3600.0),
            scarce_restarts=Backoff(first_seconds=3600.0, max_seconds=3600.0),
            slow_start_seconds=SLOW_START_SECONDS,
            clock=self.clock,
        )

    async def _start(self) -> Child:
        if not self.possible:
            raise self.refusal
        program = self.program
        command = (sys.executable, "-S", "-c", program)
        child = await Child.start(command, name="child", log=self._log)
        self.programs[child.pid] = program
        return child

    async def _check(self, timeout_seconds: float) -> Health:
        self._checked.set()
        if self.fault:
            raise self.fault
        return self.health

    async def _find_problem(self) -> HealthProblem | None:
        if self.fault:
            raise self.fault
        return None

    def _note(self) -> None:
        self.seen.append(self.supervised.status)
        self._changed_status.set()

    def log(self) -> str:
        return self._log.read_text()

    async def passes(self, seconds: float, *, steps: float) -> None:
        """Let time pass in steps, with a health check after each."""
        for _ in range(round(seconds / steps)):
            self.clock.seconds += steps
            self._checked.clear()
            async with asyncio.timeout(10):
                await self._checked.wait()

    async def until(self, status: Callable[[ProcessStatus], bool]) -> ProcessStatus:
        async with asyncio.timeout(10):
            while not status(self.supervised.status):
                self._changed_status.clear()
                await self._changed_status.wait()
        return self.supervised.status


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(supervision, "STARTING_CHECK_SECONDS", 0.01)
    monkeypatch.setattr(supervision, "READY_CHECK_SECONDS", 0.02)
    scene = Scene(tmp_path)
    yield scene
    # Other tests of this process may have children, too.
    assert not [pid for pid in scene.programs if psutil.pid_exists(pid)]


def ready(status: ProcessStatus) -> bool:
    return status.state is State.READY


async def test_it_is_ready_only_when_it_says_so(scene: Scene) -> None:
    scene.health = Health.NOT_SERVING
    async with background_task(scene.supervised.run()):
        starting = await scene.until(lambda status: status.pid != 0)
        assert starting.state is State.STARTING
        scene.health = Health.SERVING
        assert await scene.until(ready) == ProcessStatus(State.READY, starting.pid)


async def test_one_that_no_longer_serves_is_not_ready(scene: Scene) -> None:
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        scene.health = Health.NOT_SERVING
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


async def test_the_trouble_of_one_that_ends_is_its_last_log_line(scene: Scene) -> None:
    scene.program = FAILS
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert (failed.trouble, failed.pid) == ("no such camera", 0)
        scene.program = SLEEPS
        await scene.until(ready)


@pytest.mark.parametrize("status", [75, 78])
async def test_one_that_would_fail_again_is_not_started_again_soon(
    scene: Scene, status: int
) -> None:
    scene.program = f"import sys; print('no such model', file=sys.stderr); sys.exit({status})"
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert failed.trouble == "no such model"
        # Twenty of the usual pauses.
        await asyncio.sleep(0.4)
        assert (scene.supervised.status, len(scene.programs)) == (failed, 1)


async def test_one_that_cannot_be_started_is_tried_again(scene: Scene) -> None:
    scene.possible = False
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert failed.trouble == "cannot be started: no free port"
        scene.possible = True
        await scene.until(ready)


@pytest.mark.parametrize("refusal", [ValueError("a null byte"), RuntimeError("no loop")])
async def test_a_fault_of_the_start_does_not_end_the_supervision(
    scene: Scene, refusal: Exception
) -> None:
    scene.possible, scene.refusal = False, refusal
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert failed.trouble == f"cannot be supervised: {refusal!r}"
        scene.possible = True
        await scene.until(ready)


async def test_a_check_that_raises_is_one_without_an_answer(scene: Scene) -> None:
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        scene.fault = ValueError("no JSON")
        after = await scene.until(lambda status: status.state is State.STARTING)
        scene.fault = None
        await scene.until(ready)
        assert (after.pid, after.restarts) == (before.pid, 0)


async def test_a_line_of_trouble_is_cut(scene: Scene) -> None:
    scene.program = f"raise SystemExit('x' * {3 * MAX_TROUBLE})"
    async with background_task(scene.supervised.run()):
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert failed.trouble == "x" * MAX_TROUBLE


async def test_one_that_answers_nothing_any_more_is_killed_and_started_again(scene: Scene) -> None:
    bounds = LivenessBounds()
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        # It would not end by SIGTERM, nor by itself.
        os.kill(before.pid, signal.SIGSTOP)
        scene.health = Health.UNANSWERED
        await scene.passes(bounds.silent_seconds, steps=bounds.silent_check_seconds)
        failed = await scene.until(lambda status: status.state is State.FAILED)
        assert failed.trouble == "killed: no answer to health checks for 20 s"
        assert not psutil.pid_exists(before.pid)
        scene.health = Health.SERVING
        after = await scene.until(ready)
        assert (after.restarts, after.trouble) == (1, failed.trouble)


async def test_one_that_never_answers_is_killed_after_a_longer_time(scene: Scene) -> None:
    bounds = LivenessBounds()
    scene.health = Health.UNANSWERED
    async with background_task(scene.supervised.run()):
        first = await scene.until(lambda status: status.pid != 0)
        await scene.passes(bounds.start_seconds / 2, steps=bounds.silent_check_seconds)
        assert scene.supervised.status.pid == first.pid
        await scene.passes(bounds.start_seconds / 2, steps=bounds.silent_check_seconds)
        failed = await scene.until(lambda status: status.state is State.FAILED)
    assert failed.trouble == "killed: no answer within 600 s of its start"


async def test_one_that_answers_is_not_killed_however_long_it_does_not_serve(scene: Scene) -> None:
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        scene.health = Health.NOT_SERVING
        await scene.passes(3600.0, steps=60.0)
        scene.health = Health.SERVING
        assert (await scene.until(ready)).pid == before.pid


async def test_a_supervisor_that_was_stopped_itself_kills_nothing(scene: Scene) -> None:
    async with background_task(scene.supervised.run()):
        before = await scene.until(ready)
        scene.health = Health.UNANSWERED
        await scene.passes(3600.0, steps=3600.0)
        scene.health = Health.SERVING
        assert (await scene.until(ready)).pid == before.pid


async def test_a_process_that_was_ready_for_long_has_no_failures_before_it(scene: Scene) -> None:
    scene.program = FAILS
    async with background_task(scene.supervised.run()):
        await scene.until(lambda status: status.restarts >= 3)
        scene.program = SLEEPS
        before = await scene.until(lambda status: scene.programs.get(status.pid) == SLEEPS)
        await scene.until(ready)
        scene.clock.seconds += STABLE_SECONDS
        await eventually(lambda: scene.supervised._failures <= 0, 5)
        os.kill(before.pid, signal.SIGKILL)
        await scene.until(lambda status: status.restarts > before.restarts)
        assert scene.supervised._failures == 1


async def test_a_process_that_is_not_ready_soon_says_what_it_does(scene: Scene) -> None:
    scene.health = Health.NOT_SERVING
    scene.program = "print('Triton loads large-1', flush=True); " + SLEEPS
    async with background_task(scene.supervised.run()):
        await scene.until(lambda status: status.pid > 0)
        await eventually(lambda: "Triton loads" in scene.log())
        await scene.passes(SLOW_START_SECONDS + 1, steps=1)
        slow = await scene.until(lambda status: bool(status.trouble))
        assert slow.state is State.STARTING
        assert slow.trouble == "is not ready after 7 s; its last log line: Triton loads large-1"
        scene.health = Health.SERVING
        ready = await scene.until(lambda status: status.state is State.READY)
        assert ready.trouble == ""
