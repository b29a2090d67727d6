"""Child processes that are real."""

import asyncio
import shutil
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.child_log import LOG_BYTES
from tests.waiting import eventually

# A process that starts another in its own group, prints its pid, and ends at SIGTERM.
PARENT = """
import subprocess, sys
other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(other.pid, flush=True)
other.wait()
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True: time.sleep(60)
"""


async def start(program: str, log: Path) -> Child:
    return await Child.start((sys.executable, "-S", "-c", program), name="child", log=log)


async def first_output(child: Child) -> str:
    return await eventually(child.last_log_line, 10)


async def test_its_last_log_line_is_one_of_this_process(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    first = await start("print('one')", log)
    assert (await first.wait(), first.last_log_line()) == (0, "one")
    second = await start("raise SystemExit(3)", log)
    assert (await second.wait(), second.last_log_line()) == (3, "")
    assert log.read_text() == "one\n"


async def test_a_large_log_is_put_aside_without_holding_up_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"old\n".ljust(LOG_BYTES + 1, b"\n"))
    copied_in: list[threading.Thread] = []
    copyfile = shutil.copyfile

    def copy(source: Path, target: Path) -> Path:
        copied_in.append(threading.current_thread())
        return copyfile(source, target)

    monkeypatch.setattr(shutil, "copyfile", copy)
    child = await start("print('new')", log)
    assert (await child.wait(), log.read_text()) == (0, "new\n")
    assert (tmp_path / "log.1").stat().st_size == LOG_BYTES + 1
    assert threading.main_thread() not in copied_in


async def test_what_it_leaves_in_its_group_is_killed_with_it(tmp_path: Path) -> None:
    child = await start(PARENT, tmp_path / "log")
    left = psutil.Process(int(await first_output(child)))
    assert await child.stop(grace_seconds=5) == -signal.SIGTERM
    _, alive = await asyncio.to_thread(psutil.wait_procs, [left], 5)
    assert not alive


async def test_one_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    child = await start(STUBBORN, tmp_path / "log")
    await first_output(child)
    assert await child.stop(grace_seconds=0.2) == -signal.SIGKILL


async def test_one_is_killed_at_once_when_its_stop_is_cancelled(tmp_path: Path) -> None:
    child = await start(STUBBORN, tmp_path / "log")
    await first_output(child)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await child.stop(grace_seconds=60)
    assert await child.wait() == -signal.SIGKILL


async def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parent = await start(
        f"""
import asyncio, pathlib, site, sys
site.main()
from framemesh.runtime.processes.child import Child
async def main():
    child = await Child.start((sys.executable, "-S", "-c", "import time; time.sleep(60)"),
                              name="c", log=pathlib.Path({str(tmp_path / "other")!r}))
    print(child.pid, flush=True)
    await child.wait()
asyncio.run(main())
""",
        log,
    )
    child = psutil.Process(int(await first_output(parent)))
    psutil.Process(parent.pid).kill()
    await parent.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, [child], 5)
    assert not alive


async def test_a_program_that_is_not_there_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such program"):
        await Child.start((tmp_path / "nothing",), name="child", log=tmp_path / "log")
