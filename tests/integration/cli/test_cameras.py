"""`framemesh cameras`: many cameras of a file, each of which is its own trouble."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import framemesh
from tests.integration.cli.conftest import Services
from tests.mjpeg_camera import mjpeg_camera
from tests.rtsp_server import rtsp_camera, rtsp_server
from tests.waiting import eventually

SLOWLY = 60.0
"""Seconds: a program, and a process of each source in it, on a machine that has much else to do."""

pytestmark = [pytest.mark.loop_limit(5), pytest.mark.timeout(150)]

ENTRY = "- {{name: {0}, source: '{1}', fps: 5}}\n"


def write(path: Path, *entries: str) -> None:
    new = path.with_name("new")
    new.write_text("defaults: {pipeline: street}\ncameras:\n" + "".join(entries))
    new.rename(path)


@asynccontextmanager
async def running(services: Services, path: Path, **environment: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "framemesh.cli", "cameras", "run", path,
        env={**os.environ, "FRAMEMESH_INGEST": services.address, **environment},
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def state(path: Path) -> dict[str, dict[str, Any]]:
    """Of each camera, as it was written last."""
    try:
        said = json.loads(path.with_name(f"{path.name}.state").read_text())
    except FileNotFoundError:
        return {}
    return {one["name"]: one for one in said["cameras"]}


def problem(path: Path) -> str:
    return str(json.loads(path.with_name(f"{path.name}.state").read_text())["problem"])


async def test_a_bad_camera_is_its_own_trouble_and_a_changed_file_touches_no_other(
    services: Services, tmp_path: Path
) -> None:
    path = tmp_path / "cameras.yaml"
    with mjpeg_camera(fps=25) as good:
        mjpeg = ENTRY.format("mjpeg", good.url)
        bad = ENTRY.format("bad", "rtsp://127.0.0.1:9/none")
        write(path, mjpeg, bad, ENTRY.format("pattern", "pattern:64x64@10"))
        async with running(services, path) as process:
            await eventually(lambda: len(services.frames.get("pattern", ())) > 3, SLOWLY)
            await eventually(lambda: len(services.frames.get("mjpeg", ())) > 3, SLOWLY)
            found = await eventually(
                lambda: state(path),
                SLOWLY,
                until=lambda said: bool(said.get("bad", {}).get("restarts")),
            )
            assert "refuses the connection" in found["bad"]["reason"]
            assert "S3cret" not in json.dumps(found)
            # One comes, one goes, one has an error: the others go on in their sessions.
            path.write_text("cameras: [")
            await eventually(lambda: "YAML" in problem(path) or "line" in problem(path))
            write(path, mjpeg, bad, ENTRY.format("new", "pattern:64x64@5"))
            await eventually(lambda: len(services.frames.get("new", ())) > 3, SLOWLY)
            await eventually(lambda: "pattern" not in state(path))
            assert len(services.sessions["mjpeg"]) == 1
            assert good.opened == 1
            listing = await status(path)
            assert "running" in listing
            assert "bad: rtsp://127.0.0.1:9/none refuses the connection" in listing
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):
                said, errors = await process.communicate()
    assert process.returncode == 130
    assert "mjpeg: " in said.decode()
    assert " frames sent, " in said.decode()
    assert b"S3cret" not in said + errors


async def status(path: Path) -> str:
    return (await framemesh("cameras", "status", path)).output


async def test_cameras_have_their_passwords_from_files_and_from_the_environment(
    services: Services, tmp_path: Path
) -> None:
    path = tmp_path / "cameras.yaml"
    (tmp_path / "password").write_text("S3cret\n")
    with mjpeg_camera(fps=25) as camera:
        url = f"http://127.0.0.1:{camera.port}/video.mjpg"
        entry = "- {{name: {}, source: '{}', user: admin, password: {{{}}}, fps: 5}}\n"
        write(
            path,
            entry.format("file", url, f"file: {tmp_path / 'password'}"),
            entry.format("env", url, "env: CAMERA_PASSWORD"),
            entry.format("none", url, "env: NO_SUCH_VARIABLE"),
        )
        async with running(services, path, CAMERA_PASSWORD="S3cret"):  # noqa: S106
            await eventually(
                lambda: services.frames.get("file") and services.frames.get("env"), SLOWLY
            )
            found = await eventually(
                lambda: state(path),
                SLOWLY,
                until=lambda said: bool(said.get("none", {}).get("reason")),
            )
    assert "no variable NO_SUCH_VARIABLE" in found["none"]["reason"]


async def test_nobody_runs_the_cameras_is_said_and_fails(tmp_path: Path) -> None:
    ended = await framemesh("cameras", "status", tmp_path / "cameras.yaml")
    assert ended.status == 1
    assert "no such file" in ended.error


async def test_a_file_with_errors_is_refused_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "cameras.yaml"
    path.write_text("cameras:\n- {name: a, source: pattern}\n")
    ended = await framemesh("cameras", "run", path)
    assert ended.status == 1
    assert "line 2: cameras[0].pipeline: is missing, also in defaults" in ended.error


async def test_a_stream_is_described_with_what_to_set() -> None:
    async with rtsp_server() as server, rtsp_camera(server.url("s"), size="320x240"):
        ended = await framemesh("cameras", "probe", server.url("s"), "--seconds", "3", "--json")
        assert ended.status == 0, ended.error
        found = json.loads(ended.output)
        nothing = await framemesh("cameras", "probe", server.url("none"))
    assert (found["codec"], found["width"], found["height"]) == ("h264", 320, 240)
    assert found["key_frame_frames"] == 25
    assert found["frames_per_second"] == pytest.approx(25, abs=2)
    assert nothing.status == 1
    assert "has no such stream (404)" in nothing.error
