"""How `framemesh push` ends: interrupted, refused, at the end of a camera."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import grpc
import numpy as np
import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.images.check import read_header
from framemesh.sources.pattern import read_truth
from tests.command_line import framemesh
from tests.integration.cli.conftest import Services, serving
from tests.mjpeg_camera import mjpeg_camera
from tests.unit.sources.conftest import grey_video
from tests.waiting import eventually


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
    async with asyncio.timeout(50):
        said, errors = await process.communicate()
    return process.returncode, said.decode(), errors.decode()


def age(frame: ingest_pb2.Frame, arrived: int) -> tuple[float, float]:
    """Seconds since a frame was drawn, as it shows, and since it was captured, as it says."""
    pixels = cv2.imdecode(np.frombuffer(frame.image, np.uint8), cv2.IMREAD_COLOR)
    truth = read_truth(np.asarray(pixels, np.uint8))
    assert truth is not None
    told = arrived - frame.captured_unix_nano
    return (arrived - truth.captured_unix_nano) / 1e9, told / 1e9


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


async def test_a_camera_that_closes_is_opened_again_and_that_is_said(services: Services) -> None:
    with mjpeg_camera(closes_after=30) as camera:
        process = await push(services, camera.url, "--fps", "20", "--limit", "25")
        status, said, errors = await ended(process)
    assert (status, said[:14]) == (0, "25 frames sent")
    assert camera.opened >= 2
    first, *_ = errors.splitlines()
    assert first.endswith("closed the connection; opening it again, until Ctrl-C")
    assert "S3cret" not in errors


async def test_a_camera_that_cannot_be_opened_at_first_is_a_failure(services: Services) -> None:
    with mjpeg_camera() as camera:
        url = camera.url
    status, said, errors = await ended(await push(services, url))
    assert (status, said) == (1, "")
    assert errors.startswith("error: http://127.0.0.1:")
    assert errors.count("\n") == 1
    assert "refuses the connection" in errors
    assert "S3cret" not in errors


async def test_ctrl_c_ends_a_push_whose_camera_stalls_within_a_second(services: Services) -> None:
    with mjpeg_camera(stalls_after=10) as camera:
        process = await push(services, camera.url, "--camera", "stalls")
        await eventually(lambda: services.frames.get("stalls", ()))
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        status, said, _ = await ended(process)
        seconds = time.monotonic() - began
    assert status == 130
    assert " sent, " in said
    # The interpreter's own end takes its time on a machine with too much to do.
    assert seconds < 3.0


@pytest.mark.parametrize("seconds_a_frame", [0.0, 0.3])
async def test_a_live_source_never_falls_behind(services: Services, seconds_a_frame: float) -> None:
    """Neither at a lower rate than its own, nor while ingest has little credit."""
    services.seconds_a_frame = seconds_a_frame
    rate = () if seconds_a_frame else ("--fps", "5")
    with mjpeg_camera(fps=25) as camera:
        process = await push(services, camera.url, *rate)
        await eventually(lambda: len(services.frames.get("camera", ())) >= 20)
        process.send_signal(signal.SIGINT)
        status, said, _ = await ended(process)
    assert status == 130
    assert "of the source skipped" in said or ", 0 dropped" not in said
    ages = [age(frame, at) for frame, at in services.arrivals["camera"][10:]]
    # With little credit frames wait at ingest, which took four of them before.
    allowed = 1.0 + 4 * seconds_a_frame
    assert median(true for true, _ in ages) < allowed
    assert median(abs(true - told) for true, told in ages) < 0.2


async def test_a_damaged_video_gives_what_it_has_and_fails(
    services: Services, tmp_path: Path
) -> None:
    video = grey_video(tmp_path / "v.avi", tuple(range(0, 250, 5)))
    content = video.read_bytes()
    video.write_bytes(content[: len(content) * 2 // 3])
    status, said, errors = await ended(await push(services, str(video)))
    assert status == 1
    sent = len(services.frames["camera"])
    assert 25 < sent < 50
    assert f"{sent} frames sent, {sent} acknowledged" in said
    assert f"declares 50 frames, and only {sent} of them can be read" in errors


async def test_a_recording_named_by_its_time_is_sent_and_each_second_frame_of_it(
    services: Services, tmp_path: Path
) -> None:
    video = grey_video(tmp_path / "2024-05-01T12:30:00.avi", (0, 100, 200, 250, 255))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "framemesh.cli", "push", video.name, "--pipeline", "street",
        "--every", "2", "--resize", "32", cwd=tmp_path,
        env={**os.environ, "FRAMEMESH_INGEST": services.address}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    status, said, errors = await ended(process)
    assert (status, errors) == (0, "")
    assert said.startswith("3 frames sent, 3 acknowledged")
    sizes = [read_header(frame.image) for frame in services.frames["camera"]]
    assert {(one.width, one.height) for one in sizes} == {(32, 24)}


async def test_pictures_in_which_nothing_moves_are_left_out_and_counted(
    services: Services, tmp_path: Path
) -> None:
    video = grey_video(tmp_path / "v.avi", (90, 90, 90, 200, 200, 90))
    status, said, errors = await ended(await push(services, str(video), "--motion", "0.01"))
    assert (status, errors) == (0, "")
    assert said.startswith("3 frames sent, 3 acknowledged")
    assert "3 without motion" in said


async def test_standard_input_is_a_source(services: Services) -> None:
    jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "framemesh.cli", "push", "-", "--pipeline", "street",
        "--input-format", "mjpeg", stdin=PIPE,
        env={**os.environ, "FRAMEMESH_INGEST": services.address}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        said, errors = await process.communicate(jpeg * 7)
    assert (process.returncode, errors) == (0, b"")
    assert said.startswith(b"7 frames sent, 7 acknowledged")
    assert [frame.image for frame in services.frames["camera"]] == [jpeg] * 7


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


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A street in which nothing moves, until a van stands there."""
    folder = tmp_path / "still"
    folder.mkdir()
    for number in range(1, 7):
        street = np.full((120, 160, 3), 90, np.uint8)
        if number > 4:
            street[:, :80] = 240
        cv2.imwrite(str(folder / f"{number}.png"), street)
    return folder


async def test_ingest_is_told_of_frames_without_motion(services: Services, still: Path) -> None:
    process = await push(services, str(still), "--motion", "0.1")
    status, said, errors = await ended(process)
    assert (status, errors) == (0, "")
    assert "2 frames sent, 2 acknowledged" in said
    assert "0 rejected, 4 without motion" in said
    told = [
        (frame.sequence, frame.filtered, bool(frame.image)) for frame in services.frames["camera"]
    ]
    assert told == [(1, 0, True), (4, 3, False), (5, 0, True), (6, 1, False)]


async def test_a_camera_that_adapts_sends_as_many_and_as_small_frames_as_is_asked(
    services: Services,
) -> None:
    sizes, rates = [], []
    for options in ((), ("--adaptive",)):
        services.hint = ingest_pb2.Hint(frames_per_second=10, quality=0.3)
        name = options[0].strip("-") if options else "usual"
        process = await push(
            services, "pattern:640x480@50", "--camera", name, "--limit", "30", *options
        )
        status, _, errors = await ended(process)
        assert (status, errors) == (0, "")
        arrived = services.arrivals[name][10:]
        sizes.append(median(len(frame.image) for frame, _ in arrived))
        captured = [frame.captured_unix_nano for frame, _ in arrived]
        rates.append((len(captured) - 1) / (captured[-1] - captured[0]) * 1e9)
    usual, adapted = sizes
    assert adapted < 0.9 * usual
    usual_rate, adapted_rate = rates
    # 10, or fewer where the machine has much else to do.
    assert adapted_rate < min(11, 0.7 * usual_rate)


async def test_frames_in_a_spool_are_sent_by_the_next_push(
    services: Services, still: Path, tmp_path: Path
) -> None:
    spool, last = str(tmp_path / "spool"), (still / "6.png").read_bytes()

    def is_spooled() -> bool:
        files = [path for path in Path(spool).rglob("*") if path.is_file()]
        return any(last in path.read_bytes() for path in files)

    address, services.address = services.address, "127.0.0.1:9"
    process = await push(services, str(still), "--spool", spool)
    await eventually(is_spooled)
    process.send_signal(signal.SIGINT)
    status, said, _ = await ended(process)
    assert status == 128 + signal.SIGINT
    assert f"6 frames wait in {spool}: the next push with this spool sends them first" in said
    services.address = address
    process = await push(services, str(still), "--spool", spool)
    status, said, errors = await ended(process)
    assert (status, errors) == (0, "")
    assert "wait in" not in said
    assert [frame.sequence for frame in services.frames["camera"]] == [*range(1, 13)]
