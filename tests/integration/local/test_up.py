"""`framemesh up` and `framemesh down` with the real services, each command a process."""

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from framemesh.cli.local.orphans import orphan_mark
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.programs import mesh_programs
from framemesh.cli.local.run_state import RunState
from framemesh.runtime.rpc.health import grpc_serving
from tests.integration.local.conftest import STATUS_SECONDS, Command, marked, taken
from tests.waiting import eventually

Up = tuple[str | int | Path, ...]


async def finished(*arguments: str | int | Path) -> tuple[int, str]:
    return await (await Command.start(*arguments)).end()


def supervisor_of(data: Path) -> psutil.Process:
    run = RunState.load(data)
    assert run is not None
    return psutil.Process(run.pid)


def pending(pid: int, number: int) -> bool:
    """Whether a process that is stopped was sent a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("ShdPnd:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def alive(pid: int) -> bool:
    """A zombie is not: whoever inherited it may take its time."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_up_ends_when_all_is_healthy_and_down_leaves_only_data(data: Path, up: Up) -> None:
    status, output = await finished(*up)
    assert status == 0, output
    assert "framemesh is up after" in output
    run = RunState.load(data)
    assert run is not None
    assert run.ready
    for program in run.programs:
        assert program.address in output
    assert await grpc_serving(run.ingest)
    token = (data / "dashboard-token").read_text().strip()
    page = f"dashboard  {run.dashboard}#token={token}"
    assert page in output

    status, output = await finished(*up)
    assert status == 0, output
    assert "is running in" in output
    assert page in output
    assert RunState.load(data) == run

    status, output = await finished("down", "--data", data)
    assert status == 0, output
    assert "framemesh is stopped" in output
    assert not alive(run.pid)
    assert (data / "jetstream").is_dir()


async def test_of_two_ups_at_once_one_runs_and_the_other_does_no_harm(data: Path, up: Up) -> None:
    results = await asyncio.gather(finished(*up), finished(*up))
    assert 0 in {status for status, _ in results}, results
    run = RunState.load(data)
    assert run is not None
    assert run.ready
    assert all(program.restarts == 0 for program in run.programs)
    assert len(marked(data)) == len(run.programs)
    await finished("down", "--data", data)


async def test_down_says_so_when_nothing_runs(data: Path) -> None:
    status, output = await finished("down", "--data", data)
    assert (status, output.startswith("nothing runs in")) == (0, True)


async def test_a_taken_port_is_one_clear_line(ports: Ports, up: Up) -> None:
    host, port = ports.master.split(":")
    with socket.create_server((host, int(port))):
        status, output = await finished(*up)
    assert status == 1
    assert output.splitlines()[-1] == (
        f"error: port {port}, which master needs, is taken: "
        "end what listens there, or choose others with --port-base"
    )


async def test_a_size_that_is_none_is_refused(data: Path) -> None:
    status, output = await finished("up", "--data", data, "--store-max", "much")
    assert status == 2
    assert "500MB" in output
    status, output = await finished("up", "--data", data, "--store-max", "100MiB")
    assert status == 2
    assert "256MiB or more" in output


@pytest.mark.parametrize("command", [("up", "--data"), ("demo", "--out")])
async def test_a_folder_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, command: tuple[str, str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    status, output = await (await Command.start(*command, file)).end()
    assert status == 1
    assert "error: cannot use the" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.2, 1.8])
async def test_ctrl_c_during_the_start_leaves_nothing(
    data: Path, ports: Ports, up: Up, seconds: float
) -> None:
    command = await Command.start(*up)
    # Any moment is as good as another; there is nothing to wait for.
    await asyncio.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        command.interrupt()
    status, output = await command.end()
    if status == 0:
        # It was quicker.
        assert "framemesh is up" in output
        await finished("down", "--data", data)
    assert not marked(data)
    assert not taken(ports)


async def test_two_ctrl_c_leave_nothing_either(data: Path, ports: Ports, up: Up) -> None:
    all_of_them = len(mesh_programs(data, ports, store_max_bytes=1))
    command = await Command.start(*up)
    await eventually(lambda: len(marked(data)) == all_of_them, STATUS_SECONDS)
    command.interrupt()
    await asyncio.sleep(0.05)
    command.interrupt()
    status, _ = await command.end()
    assert status == 128 + signal.SIGINT
    assert not marked(data)
    await eventually(lambda: not taken(ports), STATUS_SECONDS)


async def test_the_foreground_mode_runs_until_ctrl_c(data: Path, up: Up) -> None:
    command = await Command.start(*up, "--foreground")
    await eventually(lambda: (run := RunState.load(data)) is not None and run.ready, STATUS_SECONDS)
    command.interrupt()
    status, output = await command.end()
    assert status == 128 + signal.SIGINT
    assert "Ctrl-C stops it" in output
    assert output.endswith("interrupted\n")
    assert not marked(data)


async def test_down_stops_the_foreground_mode_too(data: Path, up: Up) -> None:
    command = await Command.start(*up, "--foreground")
    await eventually(lambda: (run := RunState.load(data)) is not None and run.ready, STATUS_SECONDS)
    status, output = await finished("down", "--data", data)
    assert (status, "framemesh is stopped" in output) == (0, True)
    assert (await command.end())[0] == 128 + signal.SIGTERM
    assert not marked(data)


async def test_a_killed_supervisor_takes_everything_along_and_the_next_up_cleans(
    data: Path, ports: Ports, up: Up
) -> None:
    await finished(*up)
    supervisor_of(data).kill()
    await eventually(lambda: not marked(data) and not taken(ports), STATUS_SECONDS)
    # Some a kernel cannot tie to it: the processes that Triton starts.
    orphan = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "input()"),
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, **orphan_mark(data)},
    )
    status, output = await finished(*up)
    assert status == 0, output
    assert await orphan.wait() == -signal.SIGKILL
    await finished("down", "--data", data)


async def test_down_after_a_killed_supervisor_forgets_it(data: Path, up: Up) -> None:
    await finished(*up)
    supervisor_of(data).kill()
    await eventually(lambda: not marked(data), STATUS_SECONDS)
    status, output = await finished("down", "--data", data)
    assert (status, output.startswith("nothing runs in")) == (0, True)


async def test_ctrl_c_during_down_kills_what_is_left(data: Path, ports: Ports, up: Up) -> None:
    await finished(*up)
    supervisor = supervisor_of(data)
    # It will not stop in time.
    supervisor.suspend()
    try:
        command = await Command.start("down", "--data", data)
        await eventually(lambda: pending(supervisor.pid, signal.SIGTERM), STATUS_SECONDS)
        command.interrupt()
        status, _ = await command.end()
        assert not alive(supervisor.pid)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor.kill()
    assert status == 128 + signal.SIGINT
    assert not marked(data)
    assert not taken(ports)


async def test_a_service_that_cannot_start_is_one_line_with_its_last_log_line(
    data: Path, up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMEMESH_LOG_LEVEL", "loud")
    status, output = await finished(*up)
    assert status == 1
    error = output.splitlines()[-1]
    assert error.startswith("error: ")
    assert "did not start: " in error
    assert str(data / "logs") in error
    assert not marked(data)


NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups")


def as_nobody(*arguments: str | Path) -> tuple[int, str]:
    """Run a command as another user, in this program's environment."""
    done = subprocess.run(
        (*NOBODY, sys.executable, "-m", "framemesh.cli", *map(str, arguments)),
        env={**os.environ, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
async def test_down_of_another_users_mesh_is_one_clear_line(
    up: Up, data: Path, ports: Ports
) -> None:
    if (await asyncio.to_thread(as_nobody, "down", "--help"))[0]:
        pytest.skip("another user cannot read the files of this checkout")
    await finished(*up)
    # As where users have their files below /srv or /tmp: the folder may be read.
    temporary = Path(tempfile.gettempdir())
    for folder in (data, *data.parents):
        if temporary in folder.parents:
            folder.chmod(0o755)
    status, output = await asyncio.to_thread(as_nobody, "down", "--data", data)
    said = "was started by user root: only that user or root can stop it"
    assert (status, output) == (1, f"error: framemesh in {data} {said}\n")
    (data / "lock").chmod(0o600)
    status, output = await asyncio.to_thread(as_nobody, "down", "--data", data)
    assert status == 1
    assert output.startswith("error: cannot use the data folder: ")
    assert output.count("\n") == 1
    assert RunState.load(data) is not None
    assert await grpc_serving(ports.ingest)
    await finished("down", "--data", data)


async def test_the_hint_of_up_can_be_pasted_into_a_shell(ports: Ports, tmp_path: Path) -> None:
    data = tmp_path / "it's mine; rm -rf"
    status, output = await finished("up", "--data", data, "--port-base", ports.base)
    assert status == 0, output
    hint = output.split("`")[1]
    assert shlex.split(hint) == ["framemesh", "down", "--data", str(data)]
    again = (await finished("up", "--data", data))[1]
    assert f"`{hint}` stops it" in again
    assert (await finished(*shlex.split(hint)[1:]))[0] == 0
    assert not marked(data)
