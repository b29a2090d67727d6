"""`framemesh logs` as a person runs it."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from framemesh.runtime.processes.child_log import LOG_BYTES, bound
from tests.command_line import COMMAND_SECONDS, framemesh

LONG = 50_000
"""Characters of an event, so that few make a large log."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in which two programs have logged."""
    (tmp_path / "logs").mkdir()
    say(tmp_path, "master", "leads", second=1)
    say(tmp_path, "ingest", "camera clock is known", second=2, pipeline="street", camera="door")
    say(tmp_path, "master", "cannot scale", second=3, level="warning", pipeline="yard")
    return tmp_path


def say(
    data: Path, program: str, event: str, second: int, level: str = "info", **facts: object
) -> None:
    stamp = f"2026-11-29T12:00:{second:02}Z"
    line = json.dumps({"event": event, "level": level, "timestamp": stamp, **facts})
    with (data / "logs" / f"{program}.log").open("a") as log:
        log.write(line + "\n")


@asynccontextmanager
async def following(data: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "framemesh.cli", "logs", "--follow", "--json"),
        *("--data", str(data), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=4 * LONG,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def next_event(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(COMMAND_SECONDS):
        line = await process.stdout.readline()
    return str(json.loads(line)["event"])


async def test_all_logs_are_one_with_a_line_an_event(data: Path) -> None:
    ended = await framemesh("logs", "--data", data)
    assert (ended.status, ended.error) == (0, "")
    assert ended.output.splitlines() == [
        "11-29 12:00:01.000 master       info  leads",
        "11-29 12:00:02.000 ingest       info  camera clock is known  pipeline=street  camera=door",
        "11-29 12:00:03.000 master       warn  cannot scale  pipeline=yard",
    ]


@pytest.mark.parametrize(
    ("options", "events"),
    [
        (("--service", "ingest"), ["camera clock is known"]),
        (("--level", "warning"), ["cannot scale"]),
        (("--pipeline", "yard"), ["cannot scale"]),
        (("--camera", "door"), ["camera clock is known"]),
        (("--lines", "2"), ["camera clock is known", "cannot scale"]),
        (("--since", "1s"), []),
    ],
)
async def test_options_choose(data: Path, options: tuple[str, ...], events: list[str]) -> None:
    ended = await framemesh("logs", "--json", "--data", data, *options)
    assert [json.loads(line)["event"] for line in ended.output.splitlines()] == events


async def test_what_is_logged_later_is_followed_until_ctrl_c(data: Path) -> None:
    async with following(data, "--lines", "1") as process:
        assert await next_event(process) == "cannot scale"
        say(data, "monitor", "broker connected", second=4)
        assert await next_event(process) == "broker connected"
        for _ in range(LOG_BYTES // LONG + 1):
            say(data, "monitor", "x" * LONG, second=5)
        bound(data / "logs" / "monitor.log")
        say(data, "monitor", "after the log was put aside", second=6)
        told = [await next_event(process) for _ in range(LOG_BYTES // LONG + 2)]
        assert set(told[:-1]) == {"x" * LONG}
        assert told[-1] == "after the log was put aside"
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(COMMAND_SECONDS):
            assert await process.wait() == 130
        assert process.stderr is not None
        assert b"Traceback" not in await process.stderr.read()


async def test_it_ends_in_silence_when_nobody_reads_any_more(data: Path) -> None:
    async with following(data) as process:
        await next_event(process)
        assert process.stdout is not None
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        second = 4
        while process.returncode is None:
            say(data, "monitor", "x", second)
            second = min(59, second + 1)
            await asyncio.sleep(0.05)
        assert process.returncode == 141
        assert process.stderr is not None
        assert await process.stderr.read() == b""


async def test_a_folder_without_logs_is_one_clear_line(tmp_path: Path) -> None:
    ended = await framemesh("logs", "--data", tmp_path)
    assert ended.status == 1
    assert ended.error.startswith(f"error: no logs in {tmp_path}/logs: --data names the folder")
    assert ended.error.count("\n") == 1


async def test_a_program_that_is_not_there_is_one_clear_line(data: Path) -> None:
    ended = await framemesh("logs", "--data", data, "--service", "ingestion")
    assert ended.status == 1
    there = "there are ingest, master, worker, triton"
    assert ended.error == f"error: no program is named 'ingestion': {there}\n"
    assert (await framemesh("logs", "--data", data, "--service", "worker")).status == 0


async def test_a_time_that_is_none_is_refused(data: Path) -> None:
    ended = await framemesh("logs", "--data", data, "--since", "yesterday")
    assert ended.status == 2
    assert "write 30s, 15m, 2h or 1d" in ended.error
