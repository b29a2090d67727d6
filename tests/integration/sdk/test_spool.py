"""A camera with its spool on disk, against a server that goes and comes."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from framemesh.sdk import (
    AsyncCamera,
    BadFrame,
    Camera,
    CameraOptions,
    Counts,
    DiskSpool,
    FramesUnacknowledged,
    NoCredit,
    SpoolFailed,
    SpoolInUse,
)

MIB = 1 << 20


def nobody() -> tuple[socket.socket, str]:
    """An address at which nobody listens for as long as the socket is open."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held, f"127.0.0.1:{held.getsockname()[1]}"


async def left_in_spool(make_camera: Any, images: list[bytes], **options: Any) -> Counts:
    """A camera takes images while no ingest is there, and ends."""
    held, away = nobody()
    with held:
        camera = make_camera(away, **{"close_timeout": 0.1, **options})
        for image in images:
            await camera.send(image)
        with pytest.raises(FramesUnacknowledged, match=r"they stay in the spool .*street/door"):
            await camera.close()
    counts = camera.counts
    assert isinstance(counts, Counts)
    return counts


async def fill(camera: Any, frames: int, size: int) -> None:
    for _ in range(frames):
        await camera.send(bytes(size))


async def acknowledge_each(stream: Any) -> None:
    await stream.open(frames=4)
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


async def test_a_spool_takes_frames_without_ingest_and_the_next_camera_sends_them(
    serve: Any, make_camera: Any, tmp_path: Path
) -> None:
    images = [bytes([n]) * 500 for n in range(20)]
    counts = await left_in_spool(make_camera, images, spool=DiskSpool(tmp_path))
    assert counts == Counts(20, 0, 0, 0, 20)
    ingest = await serve(acknowledge_each)
    async with make_camera(ingest.address, spool=DiskSpool(tmp_path)) as camera:
        assert await camera.send(b"new") == 21
    assert camera.counts == Counts(21, 21, 0, 0, 0)
    (stream,) = ingest.streams
    assert stream.sequences == list(range(1, 22))
    assert [frame.image for frame in stream.frames[:20]] == images
    async with make_camera(ingest.address, spool=DiskSpool(tmp_path)) as camera:
        assert await camera.send(b"newer") == 22
    assert {one.opening.session for one in ingest.streams} == {stream.opening.session}
    assert ingest.streams[-1].sequences == [22]


async def test_what_the_last_process_left_is_sent_without_a_new_frame(
    serve: Any, make_camera: Any, tmp_path: Path
) -> None:
    await left_in_spool(make_camera, [b"image"], spool=DiskSpool(tmp_path))
    ingest = await serve(acknowledge_each)
    async with make_camera(ingest.address, spool=DiskSpool(tmp_path)) as camera:
        pass
    assert camera.counts == Counts(1, 1, 0, 0, 0)
    assert ingest.streams[0].sequences == [1]


async def test_a_backlog_is_sent_in_order_while_new_frames_come(
    serve: Any, make_camera: Any, tmp_path: Path
) -> None:
    await left_in_spool(make_camera, [bytes(2000)] * 300, spool=DiskSpool(tmp_path))
    ingest = await serve(acknowledge_each)
    async with make_camera(ingest.address, spool=DiskSpool(tmp_path)) as camera:
        for _ in range(300):
            await camera.send(bytes(2000))
    assert ingest.streams[0].sequences == list(range(1, 601))
    assert camera.counts == Counts(600, 600, 0, 0, 0)


async def test_what_a_broken_stream_left_is_sent_again(
    serve: Any, make_camera: Any, tmp_path: Path
) -> None:
    async def takes_three(stream: Any) -> None:
        await stream.open()
        await stream.receive()
        await stream.acknowledge(1)
        await stream.receive()
        await stream.receive()

    ingest = await serve(takes_three, acknowledge_each)
    async with make_camera(ingest.address, spool=DiskSpool(tmp_path)) as camera:
        for _ in range(5):
            await camera.send(b"image")
    assert ingest.streams[-1].sequences == [2, 3, 4, 5]
    assert camera.counts.accepted == 5


async def test_a_full_spool_makes_a_camera_wait_and_loses_nothing(
    serve: Any, make_camera: Any, tmp_path: Path
) -> None:
    held, away = nobody()
    spool = DiskSpool(tmp_path, max_bytes=MIB)
    with held:
        camera = make_camera(away, spool=spool, close_timeout=0.1, send_timeout=0.2)
        with pytest.raises(NoCredit, match="the spool of camera 'door' is full"):
            await fill(camera, 200, 10_000)
        with pytest.raises(FramesUnacknowledged):
            await camera.close()
    taken = camera.counts.offered
    assert 95 < taken <= 104
    ingest = await serve(acknowledge_each)
    async with make_camera(ingest.address, spool=spool) as camera:
        for _ in range(150):
            await camera.send(bytes(10_000))
    sent = ingest.streams[0].sequences
    assert len(sent) == taken + 150
    assert sent == sorted(set(sent))


async def test_drop_oldest_never_waits_for_a_full_spool(
    serve: Any, make_camera: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options: dict[str, Any] = {
        "spool": DiskSpool(tmp_path, max_bytes=MIB),
        "on_full": "drop_oldest",
    }
    counts = await left_in_spool(make_camera, [bytes(10_000)] * 200, **options)
    assert counts.offered == 200
    assert counts.dropped + counts.pending == 200
    assert counts.pending > 90
    assert any("were dropped before they were sent" in line for line in caplog.messages)
    ingest = await serve(acknowledge_each)
    async with make_camera(ingest.address, **options):
        pass
    assert ingest.streams[0].sequences == list(range(counts.dropped + 1, 201))


async def test_error_refuses_at_once_where_the_spool_is_full(
    make_camera: Any, tmp_path: Path
) -> None:
    held, away = nobody()
    with held:
        spool = DiskSpool(tmp_path, max_bytes=MIB)
        camera = make_camera(away, spool=spool, on_full="error", close_timeout=0)
        with pytest.raises(NoCredit, match="is full"):
            await fill(camera, 200, 10_000)
        with pytest.raises(FramesUnacknowledged):
            await camera.close()


async def test_a_frame_that_no_spool_could_hold_is_refused_in_the_call(
    make_camera: Any, tmp_path: Path
) -> None:
    held, away = nobody()
    with held:
        camera = make_camera(away, spool=DiskSpool(tmp_path, max_bytes=MIB), close_timeout=0)
        with pytest.raises(BadFrame, match="larger than the spool"):
            await camera.send(bytes(MIB))
        await camera.close()


async def test_frames_that_are_too_old_are_not_sent(
    serve: Any, make_camera: Any, tmp_path: Path
) -> None:
    spool = DiskSpool(tmp_path, max_age=60)
    await left_in_spool(make_camera, [b"old"], spool=spool, clock=lambda: 0)
    ingest = await serve(acknowledge_each)
    async with make_camera(ingest.address, spool=spool) as camera:
        await camera.send(b"new")
    assert [frame.image for frame in ingest.streams[0].frames] == [b"new"]
    assert camera.counts == Counts(offered=2, accepted=1, rejected=0, dropped=1, pending=0)


async def test_a_spool_that_another_camera_has_is_named(make_camera: Any, tmp_path: Path) -> None:
    held, away = nobody()
    with held:
        spool = DiskSpool(tmp_path)
        async with make_camera(away, spool=spool):
            with pytest.raises(SpoolInUse, match="another camera"):
                async with make_camera(away, spool=spool):
                    pass
            second = make_camera(away, spool=spool)
            with pytest.raises(SpoolInUse, match="another camera"):
                await second.send(b"image")
            with pytest.raises(SpoolInUse):
                await second.close()


async def test_a_spool_that_cannot_be_written_is_named(make_camera: Any, tmp_path: Path) -> None:
    (tmp_path / "street").write_text("a file")
    held, away = nobody()
    with held, pytest.raises(SpoolFailed, match="cannot be opened"):
        async with make_camera(away, spool=DiskSpool(tmp_path)):
            pass


async def test_a_send_that_is_cancelled_leaves_a_camera_that_goes_on(
    serve: Any, tmp_path: Path
) -> None:
    ingest = await serve(acknowledge_each)
    options = CameraOptions(spool=DiskSpool(tmp_path))
    async with AsyncCamera(
        ingest.address, pipeline="street", name="door", options=options
    ) as camera:
        for _ in range(50):
            sending = asyncio.create_task(camera.send(b"image"))
            await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])
        last = await camera.send(b"image")
    counts = camera.counts
    assert counts.offered == counts.accepted == len(ingest.streams[0].sequences)
    assert ingest.streams[0].sequences[-1] == last


async def test_threads_share_a_spool(serve: Any, tmp_path: Path) -> None:
    ingest = await serve(acknowledge_each)
    options = CameraOptions(spool=DiskSpool(tmp_path))

    def use() -> list[int]:
        made = Camera(ingest.address, pipeline="street", name="door", options=options)
        with made as camera, ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda _: camera.send(b"image"), range(100)))

    taken = await asyncio.to_thread(use)
    assert sorted(taken) == list(range(1, 101))
    assert ingest.streams[0].sequences == list(range(1, 101))
