"""How a camera does, as it tells."""

import asyncio
from pathlib import Path
from typing import Any

import grpc

from framemesh.sdk import AsyncCamera, CameraOptions, Counts, DiskSpool
from tests.waiting import eventually


async def test_statistics_follow_the_frames(serve: Any, make_camera: Any) -> None:
    answer, gone = asyncio.Event(), asyncio.Event()

    async def breaks(stream: Any) -> None:
        await stream.open()
        await stream.receive()
        await stream.acknowledge(1)
        await gone.wait()
        await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "draining")

    async def waits(stream: Any) -> None:
        await stream.open()
        await stream.receive()
        await answer.wait()
        await stream.acknowledge(2)
        await stream.receive()

    ingest = await serve(breaks, waits)
    camera = make_camera(ingest.address)
    before = camera.statistics
    assert before.counts == Counts(0, 0, 0, 0, 0)
    assert not before.is_connected
    assert (before.last_error, before.address) == ("", ingest.address)
    await camera.send(bytes(100))
    await eventually(lambda: camera.statistics.accepted_bytes == 100)
    assert camera.statistics.is_connected
    assert camera.statistics.accepted_per_second > 0
    assert camera.statistics.oldest_seconds == 0
    gone.set()
    await eventually(lambda: camera.statistics.reconnects == 1)
    assert camera.statistics.last_error == "draining"
    await camera.send(bytes(50))
    await eventually(lambda: camera.statistics.oldest_seconds > 0.01)
    answer.set()
    await camera.close()
    after = camera.statistics
    assert after.counts == Counts(2, 2, 0, 0, 0)
    assert (after.accepted_bytes, after.spool_frames) == (150, 0)


async def test_the_spool_on_disk_is_told(serve: Any, tmp_path: Path) -> None:
    go = asyncio.Event()

    async def waits(stream: Any) -> None:
        await go.wait()
        await stream.open()
        while (frame := await stream.receive()) is not None:
            await stream.acknowledge(frame.sequence)

    ingest = await serve(waits)
    options = CameraOptions(spool=DiskSpool(tmp_path))
    async with AsyncCamera(
        ingest.address, pipeline="street", name="door", options=options
    ) as camera:
        for _ in range(10):
            await camera.send(bytes(1000))
        waiting = camera.statistics
        assert waiting.spool_frames == 10
        assert 10_000 < waiting.spool_bytes < 11_000
        assert waiting.oldest_seconds > 0
        go.set()
    assert camera.statistics.spool_frames == 0
