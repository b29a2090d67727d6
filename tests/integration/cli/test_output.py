"""Standard output that cannot be written, under every command that prints."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from framemesh.api.common.v1 import frame_pb2
from framemesh.api.master.v1 import pipeline_pb2
from framemesh.api.monitor.v1 import monitor_pb2

COMMANDS = [
    "--help",
    "push --help",
    "pipeline apply {folder}/street.yaml",
    "pipeline list",
    "pipeline delete street --discard-pending",
    "model list",
    "push {folder}/1.jpg --pipeline street",
    "watch street",
    "status",
    "status --json",
    "frame show street door 1",
    "dead list street",
    "dead show street door 1",
    "dead replay street",
    "dead purge street",
    "down --data {folder}/none",
]


@pytest.fixture
def folder(tmp_path: Path, services: Any) -> Path:
    """What the commands name: files here, and a frame, a dead letter and a pipeline there."""
    (tmp_path / "street.yaml").write_text("name: street\nstages: [{name: people, model: person}]\n")
    (tmp_path / "1.jpg").write_bytes(b"image")
    services.bury("door", 1, b"image")
    frame = frame_pb2.FrameId(camera="door", session="s", sequence=1)
    services.known.append(
        monitor_pb2.FrameRecord(frame=frame, state=monitor_pb2.FRAME_STATE_PENDING)
    )
    services.pipelines["street"] = pipeline_pb2.PipelineSpec(name="street")
    return tmp_path


@contextmanager
def full_device() -> Iterator[IO[bytes]]:
    with Path("/dev/full").open("wb") as full:
        yield full


@contextmanager
def pipe_that_nobody_reads() -> Iterator[IO[bytes]]:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        yield pipe


def run(command: str, folder: Path, address: str, stdout: IO[bytes]) -> tuple[int, str]:
    """Exit status and standard error."""
    names = ("INGEST", "MASTER", "MONITOR")
    done = subprocess.run(
        [sys.executable, "-m", "framemesh.cli", *command.format(folder=folder).split()],
        env={**os.environ, **{f"FRAMEMESH_{name}": address for name in names}},
        cwd=folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=50,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_device_is_one_line_and_a_reader_that_went_is_none(
    command: str, folder: Path, services: Any
) -> None:
    with full_device() as stdout:
        assert run(command, folder, services.address, stdout) == (
            1,
            "error: cannot write to standard output: no space left on device\n",
        )
    services.pipelines["street"] = pipeline_pb2.PipelineSpec(name="street")
    with pipe_that_nobody_reads() as stdout:
        assert run(command, folder, services.address, stdout) == (141, "")


def test_a_standard_error_that_takes_nothing_changes_no_result(folder: Path, services: Any) -> None:
    with full_device() as full:
        done = subprocess.run(
            [sys.executable, "-m", "framemesh.cli", "status", "nowhere"],
            env={**os.environ, "FRAMEMESH_MONITOR": services.address},
            cwd=folder,
            stderr=full,
            stdout=subprocess.PIPE,
            timeout=50,
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, b"")
