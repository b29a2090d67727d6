"""Faults find their targets also where workers come and go."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
import pytest

from framemesh.runtime.processes.child import Child
from tests.chaos.faults import full_buffer
from tests.chaos.faults.full_buffer import frozen_workers
from tests.chaos.faults.signals import Kill
from tests.chaos.faults.targets import Target
from tests.chaos.mesh.system_under_test import SystemUnderTest
from tests.chaos.test_targets import CHANCE, FOR_EVER, HERE, TIMER
from tests.waiting import eventually

Start = Callable[[str], Awaitable[Child]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a process that runs until it is killed."""
    async with AsyncExitStack() as stack:

        async def started(name: str) -> Child:
            command = [sys.executable, *FOR_EVER]
            child = await Child.start(command, name=name, log=tmp_path / f"{name}.log")
            stack.push_async_callback(child.wait)
            stack.callback(child.kill)
            return child

        yield started


def is_frozen(child: Child) -> bool:
    return psutil.Process(child.pid).status() == psutil.STATUS_STOPPED


async def test_workers_that_are_started_later_are_frozen_too(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_buffer, "WORKER", TIMER)
    first = await start("first")
    async with frozen_workers(HERE):
        await eventually(lambda: is_frozen(first))
        second = await start("second")
        await eventually(lambda: is_frozen(second))
    assert not is_frozen(first)
    assert not is_frozen(second)


@dataclass(frozen=True, slots=True)
class Leaving(Target):
    """Its first process has gone when it is to be struck."""

    chosen: list[psutil.Process] = field(default_factory=list)

    async def choose(self, system: SystemUnderTest, random: Random) -> psutil.Process:
        return self.chosen.pop(0)


async def test_another_worker_is_struck_where_the_chosen_one_has_gone(start: Start) -> None:
    gone, there = await start("gone"), await start("there")
    target = Leaving("timer", "timeit", chosen=[psutil.Process(each.pid) for each in (gone, there)])
    gone.kill()
    await gone.wait()
    async with Kill(target).inflict(HERE, CHANCE):
        await there.wait()
    assert target.chosen == []
