"""How `framemesh push` ends: interrupted, refused, at the end of a camera."""

import asyncio
import os
import re
import signal
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest

from tests.command_line import framemesh
from tests.integration.cli.conftest import Services, serving
from tests.waiting import eventually

PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n"
PICTURES = 30
"""FFmpeg looks at some before it opens a stream."""


class Camera(BaseHTTPRequestHandler):
    """An HTTP camera (MJPEG) that sends some pictures, and then stalls or closes."""

    stalls: bool
    over: threading.Event

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        _, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))
        for _ in range(PICTURES):
            self.wfile.write(PART % (len(jpeg), jpeg.tobytes()))
        self.wfile.flush()
        if self.stalls:
            self.over.wait(60)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def camera(*, stalls: bool) -> Iterator[str]:
    """The URL of a camera."""
    over = threading.Event()
    handler = type("Chosen", (Camera,), {"stalls": stalls, "over": over})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # It looks so often whether it is to end, which the test waits for.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://admin:S3cret@127.0.0.1:{server.server_port}/video.mjpg"
        finally:
            over.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name, image in (("1.jpg", b"image"), ("2.jpg", b"bad"), ("3.jpg", b"image")):
        (tmp_path / name).write_bytes(image)
    return tmp_path


async def push(services: Services, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "framemesh.cli", "push", *arguments, "--pipeline", "street",
        env={**os.environ, "FRAMEMESH_INGEST": services.address}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit status, standard output, standard error."""
    async with asyncio.timeout(20):
        said, errors = await process.communicate()
    return process.returncode, said.decode(), errors.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_what_was_sent_and_refused_is_said_also_after_a_signal(
    services: Services, images: Path, number: signal.Signals
) -> None:
    process = await push(services, str(images), "--loop", "--fps", "100")
    await eventually(lambda: len(services.frames.get("camera", ())) >= 30)
    process.send_signal(number)
    status, said, errors = await ended(process)
    assert status == 128 + number
    assert " frames sent, " in said
    assert f" rejected as not_an_image ({images / '2.jpg'}): send a JPEG" in errors
    assert errors.count("\n") == 1


async def test_what_was_sent_and_refused_is_said_also_after_an_error(
    services: Services, images: Path
) -> None:
    services.seconds_a_frame = 0.05
    process = await push(services, str(images), "--loop", "--on-full", "error")
    status, said, errors = await ended(process)
    assert status == 1
    assert " frames sent, " in said
    assert "rejected as not_an_image" in errors
    assert "error: camera 'camera' has used up its credit" in errors


async def test_an_unreadable_image_and_other_files_are_named_and_the_rest_is_sent(
    services: Services, images: Path
) -> None:
    (images / "2.jpg").unlink()
    (images / "2.jpg").symlink_to(images / "nowhere")
    (images / "4.txt").write_bytes(b"image")
    (images / "more").mkdir()
    status, said, errors = await ended(await push(services, str(images)))
    assert status == 1
    assert said.startswith("2 frames sent, 2 acknowledged")
    assert errors.splitlines() == [
        "left out, as no image: 4.txt, more/",
        f"cannot read {images / '2.jpg'}: no such file or directory",
    ]


async def test_how_frames_are_encoded_is_said(services: Services, tmp_path: Path) -> None:
    picture = np.full((8, 8, 3), 90, np.uint8)
    for name in ("1.bmp", "2.tif", "3.jpg"):
        cv2.imwrite(str(tmp_path / name), picture)
    status, said, errors = await ended(await push(services, str(tmp_path)))
    assert (status, errors) == (0, "")
    assert said.splitlines()[1:] == [
        "2 frames encoded as JPEG of quality 90; --format png keeps every pixel"
    ]
    status, _, errors = await ended(
        await push(services, str(tmp_path), "--format", "png", "--quality", "80")
    )
    assert (status, errors.count("\n")) == (1, 1)
    assert "leave out --quality" in errors


async def test_the_end_of_a_camera_is_a_failure(services: Services) -> None:
    with camera(stalls=False) as url:
        status, said, errors = await ended(await push(services, url))
    assert status == 1
    # OpenCV may not hand out the last ones of a stream that is closed; those that it does are sent.
    found = re.match(r"(\d+) frames sent, (\d+) acknowledged", said)
    assert found
    assert found[1] == found[2]
    assert "admin:***@127.0.0.1" in errors
    assert f"ended after {found[1]} frames: the camera closed the stream" in errors
    assert "S3cret" not in errors


async def test_a_camera_that_gave_as_much_as_was_asked_for_is_a_success(services: Services) -> None:
    with camera(stalls=False) as url:
        status, said, _ = await ended(await push(services, url, "--limit", "5"))
    assert (status, said[:13]) == (0, "5 frames sent")


async def test_ctrl_c_ends_a_push_whose_camera_stalls(services: Services) -> None:
    with camera(stalls=True) as url:
        process = await push(services, url)
        await eventually(lambda: len(services.frames.get("camera", ())) >= 10)
        process.send_signal(signal.SIGINT)
        status, said, _ = await ended(process)
    assert status == 130
    assert " frames sent, " in said


class Refusing(Services):
    """It knows no pipeline."""

    def Push(self, request_iterator: Iterator[Any], context: Any) -> Iterator[Any]:
        next(request_iterator)
        context.abort(grpc.StatusCode.NOT_FOUND, "no pipeline is named 'street'")
        yield from ()


@pytest.fixture
def large_video(tmp_path: Path) -> str:
    """Whose pictures take long to decode."""
    video = str(tmp_path / "large.avi")
    writer = cv2.VideoWriter(video, cv2.VideoWriter.fourcc(*"MJPG"), 25, (1920, 1080))
    picture = np.random.default_rng(7).integers(0, 255, (1080, 1920, 3), np.uint8)
    for _ in range(10):
        writer.write(picture)
    writer.release()
    return video


async def test_a_push_that_is_refused_while_a_picture_is_decoded_ends_in_one_line(
    large_video: str,
) -> None:
    refusing = Refusing()  # type: ignore[abstract]
    with serving(refusing):
        where = {"FRAMEMESH_INGEST": refusing.address}
        for _ in range(3):
            ended = await framemesh("push", large_video, "--pipeline", "street", "--loop", **where)
            assert ended.status == 1
            assert "no pipeline is named 'street'" in ended.error
            assert "terminate" not in ended.error
