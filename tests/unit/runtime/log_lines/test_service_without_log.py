"""A service goes on, whatever becomes of its log."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, sys
from framemesh.runtime.logs import get_logger
from framemesh.runtime.service import run_service

log = get_logger()

async def run(stop):
    for number in range(5000):
        # Each of a kind of its own, so that all of them are written.
        log.info("event", name=str(number), text="x" * 1000)
        await asyncio.sleep(0)
    print("done", flush=True)

sys.exit(run_service("service", run, "info"))
"""


@contextmanager
def full_device() -> Iterator[int]:
    with Path("/dev/full").open("wb", buffering=0) as full:
        yield full.fileno()


@contextmanager
def closed_pipe() -> Iterator[int]:
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def pipe_that_nobody_reads() -> Iterator[int]:
    reader, writer = os.pipe()
    yield writer
    os.close(writer)
    os.close(reader)


@contextmanager
def nothing() -> Iterator[None]:
    """Standard error is closed."""
    yield None


@pytest.mark.parametrize("log", [full_device, closed_pipe, pipe_that_nobody_reads, nothing])
def test_it_does_all_its_work(log: type) -> None:
    command = [sys.executable, "-c", PROGRAM]
    with log() as descriptor:
        if descriptor is None:
            command = ["sh", "-c", 'exec "$0" "$@" 2>&-', *command]
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=descriptor, timeout=60, check=False
        )
    assert (ended.returncode, ended.stdout) == (0, b"done\n")
