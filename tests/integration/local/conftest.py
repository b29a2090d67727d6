"""Meshes of stand-ins and a real nats-server, and commands as processes."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from framemesh.cli.local.orphans import kill_orphans
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program
from framemesh.cli.local.programs import mesh_programs
from framemesh.cli.local.run_state import RunState
from framemesh.runtime.processes.ports import is_free

STATUS_SECONDS = 30.0
"""For the status of a program to change: it is killed, and started again."""

SERVICE = Path(__file__).with_name("service_program.py")

STORE_MAX = 256 * 1024 * 1024


@pytest.fixture
def ports() -> Ports:
    return Ports.free()


@pytest.fixture
def data(tmp_path: Path, ports: Ports) -> Iterator[Path]:
    """A data folder whose mesh must have left nothing when the test is over."""
    data = tmp_path / "data"
    data.mkdir()
    yield data
    assert not kill_orphans(data), "processes were left"
    assert not taken(ports), "ports were left"
    assert RunState.load(data) is None


@pytest.fixture
def stand_ins(data: Path, ports: Ports) -> tuple[Program, ...]:
    """nats-server as it is, and in the place of each service a small one."""
    nats, *services = mesh_programs(data, ports, STORE_MAX)
    return (nats, *(_stand_in(service, data) for service in services))


def _stand_in(program: Program, data: Path) -> Program:
    how = data / f"{program.name}.behaviour"
    return replace(program, command=(sys.executable, SERVICE, program.address, how))


def taken(ports: Ports) -> list[int]:
    return [port for port in range(ports.base, ports.base + 20) if not is_free(port)]


def marked(data: Path) -> list[psutil.Process]:
    """The processes of a mesh."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("FRAMEMESH_EMBEDDED") == str(data.resolve())
    ]


class Command:
    """One `framemesh up` or `down`, as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, *arguments: str | int | Path) -> "Command":
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "framemesh.cli", *map(str, arguments)),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        )

    def interrupt(self) -> None:
        """What Ctrl-C does: the whole foreground group gets it."""
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    async def end(self) -> tuple[int, str]:
        """Its exit status, and what it printed."""
        async with asyncio.timeout(45):
            output, _ = await self._process.communicate()
        return self._process.returncode or 0, output.decode()


@pytest.fixture
def up(data: Path, ports: Ports) -> tuple[str | int | Path, ...]:
    """The arguments of an `up` in the data folder."""
    return ("up", "--data", data, "--port-base", ports.base, "--store-max", STORE_MAX)
