"""A log that cannot be written costs a service its log, and neither time nor its life."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from framemesh.runtime.log_lines.output import WAITING_BYTES, LogOutput

AT_ONCE_SECONDS = 5.0
"""For what takes a millisecond, on a machine that has much else to do. A write that waits for a
reader would take for ever."""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        try:
            os.close(end)
        except OSError:
            continue


def output(descriptor: int) -> LogOutput:
    return LogOutput(descriptor, "{} lost".format)


def test_lines_are_written_in_their_order(tmp_path: Path) -> None:
    with (tmp_path / "log").open("ab") as file:
        lines = output(file.fileno())
        for line in ("one", "two", "\udcff é", "x" * 10_000):
            lines.write(line)
    assert (tmp_path / "log").read_text().splitlines() == ["one", "two", "\\udcff é", "x" * 10_000]


def test_a_full_disk_costs_the_lines_alone() -> None:
    with Path("/dev/full").open("ab", buffering=0) as file:
        lines = output(file.fileno())
        for _ in range(100):
            lines.write("it is full")


def test_a_pipe_whose_reader_is_gone_costs_the_lines_alone(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    lines = output(writer)
    for _ in range(100):
        lines.write("nobody reads it")


def test_a_reader_that_stops_is_not_waited_for_and_has_the_first_lines_and_the_number_of_the_rest(
    pipe: tuple[int, int],
) -> None:
    reader, writer = pipe
    lines = output(writer)
    began = time.monotonic()
    sent = 3 * WAITING_BYTES // 1000
    for number in range(sent):
        lines.write(f"{number} ".ljust(999, "x"))
    assert time.monotonic() - began < AT_ONCE_SECONDS
    read = b""
    os.set_blocking(reader, False)
    while True:
        try:
            read += os.read(reader, 65536)
        except BlockingIOError:
            if read.endswith(b"last\n"):
                break
            lines.write("last")
    got = read.decode().splitlines()
    numbers = [int(line.split()[0]) for line in got if line.endswith("x")]
    assert numbers == list(range(len(numbers)))
    lost = [line for line in got if line.endswith("lost")]
    assert lost == [f"{sent - len(numbers)} lost"] or len(numbers) == sent


def test_the_end_of_a_process_waits_a_moment_for_a_slow_reader(pipe: tuple[int, int]) -> None:
    _, writer = pipe
    lines = output(writer)
    for _ in range(200):
        lines.write("x" * 999)
    began = time.monotonic()
    lines.flush(0.05)
    assert time.monotonic() - began < AT_ONCE_SECONDS


LIMITED = """
import resource, signal, sys
from framemesh.runtime import logs
logs.configure("full")
log = logs.get_logger()
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
for number in range(100):
    log.info("event", number=number, name=str(number))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
log.info("there is room again")
"""


def test_a_disk_that_is_full_for_a_while_costs_the_lines_of_that_while(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as file:
        ended = subprocess.run(
            [sys.executable, "-c", LIMITED], stderr=file, timeout=60, check=False
        )
    assert ended.returncode == 0
    *_, torn, lost, again = log.read_text().splitlines()
    assert not torn.endswith("}")
    assert "lines of the log were lost" in lost
    assert "there is room again" in again
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
