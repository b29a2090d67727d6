"""A process says when its own certificate ends, or is not valid by its clock."""

import asyncio
import time
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from framemesh.runtime.own_certificate import tell_of_own_certificate
from framemesh.tls.files import TlsFiles
from tests.certificates import Certificates

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

DAY = 86_400.0


@pytest.fixture
def tls(tmp_path: Path) -> TlsFiles:
    """Good for 100 days."""
    return Certificates.create(tmp_path / "certs").server(days=100)


async def told(tls: TlsFiles, days: float) -> list[MutableMapping[str, Any]]:
    """What is logged so many days from now."""
    with structlog.testing.capture_logs() as lines:
        task = asyncio.create_task(tell_of_own_certificate(tls, lambda: time.time() + days * DAY))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    return lines


async def test_nothing_is_said_while_it_is_good(tls: TlsFiles) -> None:
    assert not await told(tls, 50)


async def test_an_end_is_told_three_weeks_before(tls: TlsFiles) -> None:
    (line,) = await told(tls, 90)
    assert (line["log_level"], line["days"]) == ("warning", 10)


@pytest.mark.parametrize(("days", "words"), [(101, "has expired"), (-1, "is valid from")])
async def test_one_that_nobody_accepts_is_an_error(tls: TlsFiles, days: float, words: str) -> None:
    (line,) = await told(tls, days)
    assert line["log_level"] == "error"
    assert words in line["trouble"]
    assert "correct the clock" in line["trouble"]


async def test_files_that_are_gone_for_a_moment_end_nothing(tls: TlsFiles) -> None:
    (line,) = await told(replace(tls, key=Path("gone.key")), 0)
    assert "cannot be read" in line["trouble"]
