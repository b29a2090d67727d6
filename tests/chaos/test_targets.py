"""Faults are injected into processes of this run only."""

import sys
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from framemesh.runtime.processes.child import Child
from tests.chaos.faults import targets
from tests.chaos.faults.targets import NoTarget, Target
from tests.chaos.mesh.system_under_test import SystemUnderTest

TIMER = Target("timer", "timeit")
HERE = cast("SystemUnderTest", SimpleNamespace(root=psutil.Process()))
"""As much of a system as choosing a target needs."""

CHANCE = Random(1)  # noqa: S311  no secret
FOR_EVER = ("-m", "timeit", "-n", "1", "-r", "1", "import time; time.sleep(60)")


async def test_a_target_is_found_below_the_root_and_nowhere_else(tmp_path: Path) -> None:
    async def start(name: str) -> Child:
        command = [sys.executable, *FOR_EVER]
        return await Child.start(command, name=name, log=tmp_path / f"{name}.log")

    ours, other = await start("ours"), await start("other")
    try:
        found = await TIMER.choose(HERE, CHANCE)
        assert found.pid in (ours.pid, other.pid)
        assert TIMER.processes(psutil.Process(other.pid)) == []
    finally:
        ours.kill()
        other.kill()
        await ours.wait()
        await other.wait()


async def test_a_target_that_is_not_there_is_waited_for_and_then_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "FIND_SECONDS", 0.1)
    with pytest.raises(NoTarget, match="no timer runs"):
        await TIMER.choose(HERE, CHANCE)
