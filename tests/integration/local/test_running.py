"""A mesh run by this process, of a real nats-server and stand-ins for the services."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from framemesh.cli.local.errors import AlreadyRunning, PortTaken, StartFailed
from framemesh.cli.local.orphans import orphan_mark
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.processes.supervision import State
from tests.integration.local.conftest import STATUS_SECONDS, marked, taken
from tests.waiting import eventually

StandIns = tuple[Program, ...]


def status(data: Path, name: str) -> tuple[State, int, int]:
    run = RunState.load(data)
    assert run is not None
    program = next(program for program in run.programs if program.name == name)
    return program.state, program.pid, program.restarts


async def test_a_mesh_is_healthy_when_the_context_begins_and_gone_after(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    seen: list[RunState] = []
    async with running_mesh(data, ports, programs=stand_ins, show=seen.append) as run:
        assert run.ready
        assert run == seen[-1] == RunState.load(data)
        assert [program.name for program in run.programs] == [p.name for p in stand_ins]
        assert run.nats == f"nats://{ports.nats}"
        assert len(marked(data)) == len(stand_ins)
        assert (data / "jetstream").is_dir()
    assert not marked(data)
    assert not taken(ports)
    assert not seen[0].ready


async def test_orphans_of_a_program_are_gone_with_the_mesh(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    async with running_mesh(data, ports, programs=stand_ins):
        # As the processes of a tritonserver that was killed together with its worker.
        orphan = await asyncio.to_thread(
            subprocess.Popen,
            (sys.executable, "-c", "import time; time.sleep(60)"),
            env={**os.environ, **orphan_mark(data)},
        )
    assert not marked(data)
    orphan.wait(timeout=5)


def was_restarted(data: Path, name: str) -> bool:
    return status(data, name)[2] == 1


async def test_a_killed_program_is_started_again(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    async with running_mesh(data, ports, programs=stand_ins):
        for name in ("nats", "ingest"):
            _, pid, _ = status(data, name)
            os.kill(pid, signal.SIGKILL)
            await eventually(partial(was_restarted, data, name), STATUS_SECONDS)
        await eventually(lambda: status(data, "nats")[0] is State.READY, STATUS_SECONDS)
        await eventually(lambda: status(data, "ingest")[0] is State.READY, STATUS_SECONDS)


async def test_what_the_body_raises_comes_out_as_it_is(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with running_mesh(data, ports, programs=stand_ins):
            _ = 1 / 0


async def test_a_program_that_ends_fails_the_start_with_its_last_log_line(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    (data / "monitor.behaviour").write_text("broken")
    with pytest.raises(StartFailed, match="monitor did not start: the disk has no letters") as why:
        async with running_mesh(data, ports, programs=stand_ins):
            pass
    assert str(data / "logs" / "monitor.log") in str(why.value)


async def test_a_taken_port_is_named_with_who_needs_it(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    host, port = ports.monitor.split(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(PortTaken, match=rf"port {port}, which monitor needs.*--port-base"),
    ):
        async with running_mesh(data, ports, programs=stand_ins):
            pass


async def test_two_meshes_do_not_share_a_folder(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    async with running_mesh(data, ports, programs=stand_ins):
        with pytest.raises(AlreadyRunning, match="framemesh down"):
            async with running_mesh(data, Ports.free()):
                pass
        assert RunState.load(data) is not None


async def test_a_start_that_is_cancelled_leaves_nothing(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    (data / "ingest.behaviour").write_text("silent")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1), running_mesh(data, ports, programs=stand_ins):
            pass
    assert not marked(data)


async def test_streams_are_there_after_a_restart(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    async with running_mesh(data, ports, programs=stand_ins):
        before = {path.name for path in (data / "jetstream").iterdir()}
    async with running_mesh(data, ports, programs=stand_ins):
        assert before <= {path.name for path in (data / "jetstream").iterdir()}


async def test_a_program_that_ignores_sigterm_is_killed(
    data: Path, ports: Ports, stand_ins: StandIns
) -> None:
    (data / "ingest.behaviour").write_text("stubborn")
    hurried = [
        Program(p.name, p.address, p.command, p.environment, p.check, p.needs, grace_seconds=0.5)
        for p in stand_ins
    ]
    async with running_mesh(data, ports, programs=hurried):
        _, pid, _ = status(data, "ingest")
    assert not psutil.pid_exists(pid)
