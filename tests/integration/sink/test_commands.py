"""`framemesh sink ...`, to a master that leads."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from framemesh.runtime.processes.ports import free_block
from tests.integration.services.running import master
from tests.integration.sink.world import World

pytestmark = pytest.mark.loop_limit(2.0)
"""Each command is a process, and starting one takes long where the machine is busy."""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str


Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def run(world: World) -> AsyncIterator[Run]:
    """Runs a command of `framemesh sink`."""
    address = f"127.0.0.1:{free_block(1)}"

    async def call(*arguments: str) -> Result:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "framemesh.cli", "sink", *arguments, "--master", address),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        stdout, stderr = await process.communicate()
        return Result(process.returncode or 0, stdout.decode(), stderr.decode())

    async with master(world.url, address):
        yield call


async def test_a_sink_is_added_shown_and_removed(run: Run, world: World, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    chosen = ("--jsonl", str(folder), "--camera", "north", "--label", "person")
    added = await run("add", "yard", "--pipeline", "street", *chosen)
    assert added.stdout == (
        "sink yard takes results of street from now on; `framemesh sink show yard`\n"
    )
    await world.complete("north", range(1, 4))
    listed = (await run("list")).stdout.splitlines()
    assert listed[1].split()[:4] == ["yard", "street", "jsonl", str(folder)]
    assert "nobody runs it at the moment" in listed[1]
    (document,) = json.loads((await run("list", "--json")).stdout)["sinks"]
    assert document["behind_results"] == 3
    assert document["behind_seconds"] > 0
    assert document["spec"]["kind"] == "jsonl"
    shown = (await run("show", "yard")).stdout.splitlines()
    assert shown[:3] == [
        f"yard: jsonl of street to {folder}",
        "only cameras: north",
        "only labels: person",
    ]
    assert (await run("remove", "yard")).stdout == "sink yard is removed; what it wrote stays\n"
    assert "no sinks" in (await run("list")).stdout


async def test_a_password_is_in_no_answer(run: Run) -> None:
    url = "https://user:password@example.org/hook?token=hidden"
    await run("add", "alarm", "--pipeline", "street", "--webhook", url, "--secret", "only two")
    for words in (("list",), ("list", "--json"), ("show", "alarm"), ("show", "alarm", "--json")):
        said = (await run(*words)).stdout
        assert "example.org" in said
        assert not any(secret in said for secret in ("password", "hidden", "only two"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--jsonl", "/x", "--mqtt", "mqtt://h"), "say with one option where results go"),
        ((), "say with one option where results go"),
        (("--webhook", "ftp://host"), "sink yard: its URL cannot be used: write http://host:port"),
        (("--jsonl", "/x", "--topic", "t"), "sink yard: topic is no option of jsonl"),
    ],
)
async def test_what_cannot_work_is_refused(run: Run, words: tuple[str, ...], line: str) -> None:
    result = await run("add", "yard", "--pipeline", "street", *words)
    assert result.status in {1, 2}
    # The usage of a command is drawn in a box.
    assert line in " ".join(result.stderr.replace("│", " ").split())


async def test_a_pipeline_that_is_not_there_is_said(run: Run) -> None:
    result = await run("add", "yard", "--pipeline", "avenue", "--jsonl", "/x")
    assert result.status == 1
    assert result.stderr == (
        "error: no pipeline is named 'avenue': apply it first, or check the name\n"
    )
