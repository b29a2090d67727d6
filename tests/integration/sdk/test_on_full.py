"""What both faces of the camera do with a frame that there is no credit for."""

import asyncio
import socket
import time
from typing import Any

import grpc
import pytest

from framemesh.sdk import AsyncCamera, CameraOptions, Counts, MemorySpool, NoCredit
from tests.waiting import eventually

AT_ONCE_SECONDS = 1.0
"""A thousand times what it takes, and far less than the time-outs here."""


class Gate:
    """An ingest that takes frames up to its credit, and answers once it is opened."""

    def __init__(self, frames: int = 2) -> None:
        self._frames = frames
        self.full = asyncio.Event()
        self.open = asyncio.Event()

    async def script(self, stream: Any) -> None:
        await stream.open(frames=self._frames)
        for _ in range(self._frames):
            await stream.receive()
        self.full.set()
        await self.open.wait()
        await stream.acknowledge(*stream.sequences)
        while (frame := await stream.receive()) is not None:
            await stream.acknowledge(frame.sequence)


async def acknowledge_each(stream: Any) -> None:
    await stream.open(frames=2)
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


async def test_error_raises_at_once_and_the_camera_goes_on(serve: Any, make_camera: Any) -> None:
    gate = Gate(frames=2)
    ingest = await serve(gate.script)
    camera = make_camera(ingest.address, on_full="error")
    await camera.send(b"first")
    await camera.send(b"second")
    began = time.monotonic()
    with pytest.raises(NoCredit, match=r"2 frames wait for an answer .* is the buffer"):
        await camera.send(b"not taken")
    assert time.monotonic() - began < AT_ONCE_SECONDS
    gate.open.set()
    await eventually(lambda: camera.counts.accepted >= 2)
    assert await camera.send(b"third") == 3
    await camera.close()
    assert [frame.image for frame in ingest.streams[0].frames] == [b"first", b"second", b"third"]
    assert camera.counts == Counts(offered=3, accepted=3, rejected=0, dropped=0, pending=0)


async def test_error_waits_for_the_first_connection_only(serve: Any, make_camera: Any) -> None:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{chosen.getsockname()[1]}"
    camera = make_camera(address, on_full="error")
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(camera.send(b"image"))
        await asyncio.sleep(0.3)  # some attempts fail
        assert not sending.done()
        await serve(acknowledge_each, address=address)
    assert sending.result() == 1
    await camera.close()


async def test_error_tells_of_a_connection_that_is_away(serve: Any, make_camera: Any) -> None:
    back = asyncio.Event()

    async def breaks(stream: Any) -> None:
        await stream.open(frames=1)
        await stream.receive()
        await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "going")

    async def away(stream: Any) -> None:
        if not back.is_set():
            await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        await acknowledge_each(stream)

    ingest = await serve(breaks, away)
    camera = make_camera(ingest.address, on_full="error")
    await camera.send(b"image")
    await eventually(lambda: len(ingest.streams) >= 2, 20)
    with pytest.raises(NoCredit, match="the connection is away"):
        await camera.send(b"not taken")
    back.set()
    await camera.close()
    assert camera.counts.accepted == 1


async def test_drop_oldest_never_waits_and_keeps_the_newest(serve: Any, make_camera: Any) -> None:
    gate = Gate(frames=2)
    ingest = await serve(gate.script)
    camera = make_camera(ingest.address, on_full="drop_oldest", spool=MemorySpool(max_frames=3))
    assert [await camera.send(b"sent") for _ in range(2)] == [1, 2]
    await gate.full.wait()
    began = time.monotonic()
    assert [await camera.send(b"waits") for _ in range(10)] == list(range(3, 13))
    assert time.monotonic() - began < AT_ONCE_SECONDS
    assert camera.counts == Counts(offered=12, accepted=0, rejected=0, dropped=7, pending=5)
    gate.open.set()
    await camera.close()
    assert ingest.streams[0].sequences == [1, 2, 10, 11, 12]
    assert camera.counts == Counts(offered=12, accepted=5, rejected=0, dropped=7, pending=0)


async def test_drop_oldest_goes_on_while_there_is_no_ingest(serve: Any, make_camera: Any) -> None:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{chosen.getsockname()[1]}"
    camera = make_camera(address, on_full="drop_oldest", spool=MemorySpool(max_bytes=30))
    for _ in range(8):
        await camera.send(b"ten bytes!")
    assert camera.counts == Counts(offered=8, accepted=0, rejected=0, dropped=5, pending=3)
    ingest = await serve(acknowledge_each, address=address)
    await camera.close()
    assert ingest.streams[-1].sequences == [6, 7, 8]


async def test_what_was_sent_is_not_dropped_when_the_stream_breaks(
    serve: Any, make_camera: Any
) -> None:
    gone, back = asyncio.Event(), asyncio.Event()

    async def breaks(stream: Any) -> None:
        await stream.open(frames=2)
        await stream.receive()
        await stream.receive()
        gone.set()
        await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "going")

    async def comes_back(stream: Any) -> None:
        await back.wait()
        await acknowledge_each(stream)

    ingest = await serve(breaks, comes_back)
    camera = make_camera(ingest.address, on_full="drop_oldest", spool=MemorySpool(max_frames=2))
    await camera.send(b"sent")
    await camera.send(b"sent")
    await gone.wait()
    for _ in range(5):
        await camera.send(b"later")
    back.set()
    await camera.close()
    assert ingest.streams[-1].sequences == [1, 2, 6, 7]
    assert camera.counts == Counts(offered=7, accepted=4, rejected=0, dropped=3, pending=0)


async def test_a_loop_that_never_waits_lets_its_camera_send(serve: Any) -> None:
    ingest = await serve(acknowledge_each)
    camera = AsyncCamera(
        ingest.address,
        pipeline="street",
        name="door",
        options=CameraOptions(on_full="drop_oldest", spool=MemorySpool(max_frames=1)),
    )
    async with asyncio.timeout(20):
        while camera.counts.accepted < 10:
            await camera.send(b"image")
    await camera.close()
