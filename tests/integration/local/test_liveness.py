"""Programs of a mesh that live and no longer answer. Bounds are short; the signals are real."""

import os
import signal
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program
from framemesh.cli.local.run_state import ProgramStatus, RunState
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.processes.liveness import LivenessBounds
from framemesh.runtime.processes.supervision import State
from tests.integration.local.conftest import STATUS_SECONDS
from tests.waiting import eventually

StandIns = tuple[Program, ...]

SHORT = LivenessBounds(check_seconds=0.3, silent_check_seconds=1.0, silent_seconds=2.5)


def status(data: Path, name: str) -> ProgramStatus:
    run = RunState.load(data)
    assert run is not None
    return next(program for program in run.programs if program.name == name)


def hasty(programs: StandIns) -> StandIns:
    return tuple(replace(program, liveness=SHORT) for program in programs)


def was_restarted(data: Path, name: str) -> bool:
    return status(data, name).restarts == 1


def is_ready(data: Path, name: str) -> bool:
    return status(data, name).state is State.READY


async def test_every_program_that_no_longer_answers_is_killed_and_started_again(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    async with running_mesh(data, ports, programs=hasty(stand_ins)) as run:
        for program in run.programs:
            os.kill(program.pid, signal.SIGSTOP)
        for before in run.programs:
            await eventually(partial(was_restarted, data, before.name), STATUS_SECONDS)
            await eventually(partial(is_ready, data, before.name), STATUS_SECONDS)
            after = status(data, before.name)
            assert after.trouble == "killed: no answer to health checks for 2.5 s"
            assert not psutil.pid_exists(before.pid)


async def test_a_busy_program_that_answers_late_is_not_killed(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    """Its event loop stands still for most of every second."""
    (data / "ingest.behaviour").write_text("busy")
    async with running_mesh(data, ports, programs=hasty(stand_ins)) as run:
        states: set[State] = set()

        def watched_for_long() -> bool:
            found = status(data, "ingest")
            states.add(found.state)
            assert found.restarts == 0, found.trouble
            return time.monotonic() - began > 3 * SHORT.silent_seconds

        began = time.monotonic()
        await eventually(watched_for_long, STATUS_SECONDS)
        assert status(data, "ingest").pid == next(p.pid for p in run.programs if p.name == "ingest")
    # Late enough that some checks were not answered in their usual time.
    assert State.STARTING in states
