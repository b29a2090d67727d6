"""How a camera ends: closed, interrupted, cancelled, shared by threads."""

import asyncio
import signal
import sys
import threading
from collections.abc import Awaitable
from typing import Any

import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk import AsyncCamera, Camera, CameraClosed, CameraOptions, FramesUnacknowledged


async def acknowledge_each(stream: Any) -> None:
    await stream.open()
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


async def take_one(stream: Any) -> None:
    await stream.open(frames=1)
    await stream.receive()
    await asyncio.Event().wait()


async def raised_by(work: Awaitable[object]) -> BaseException | None:
    try:
        await work
    except CameraClosed as error:
        return error
    return None


def send_fifty(camera: Camera) -> None:
    for _ in range(50):
        camera.send(b"image")


async def test_a_closed_camera_takes_no_frame(serve: Any, make_camera: Any) -> None:
    ingest = await serve(acknowledge_each)
    camera = make_camera(ingest.address)
    await camera.send(b"image")
    await camera.close()
    await camera.close()
    with pytest.raises(CameraClosed, match="make a new one"):
        await camera.send(b"image")
    assert len(ingest.streams) == 1


async def test_a_camera_that_is_closed_before_it_sent_takes_no_frame(make_camera: Any) -> None:
    camera = make_camera("127.0.0.1:1")
    await camera.close()
    with pytest.raises(CameraClosed, match="make a new one"):
        await camera.send(b"image")


async def test_threads_may_share_a_camera(serve: Any) -> None:
    ingest = await serve(acknowledge_each)

    def use() -> None:
        with Camera(ingest.address, pipeline="street", name="door") as camera:
            threads = [threading.Thread(target=send_fifty, args=(camera,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)

    await asyncio.to_thread(use)
    assert ingest.streams[0].sequences == list(range(1, 201))


async def test_closing_wakes_a_send_that_waits(serve: Any, make_camera: Any) -> None:
    ingest = await serve(take_one)
    camera = make_camera(ingest.address)
    await camera.send(b"image")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(raised_by(camera.send(b"waits for credit")))
        await asyncio.sleep(0.1)  # time to begin its wait
        with pytest.raises(FramesUnacknowledged, match="left 1 frames"):
            await camera.close(0.2)
    assert isinstance(waiting.result(), CameraClosed)


async def test_an_error_in_the_body_is_not_masked_by_what_closing_adds(
    serve: Any, make_camera: Any
) -> None:
    ingest = await serve(take_one)

    async def fail() -> None:
        async with make_camera(ingest.address, close_timeout=0.1) as camera:
            await camera.send(b"image")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        await fail()
    assert "left 1 frames" in caught.value.__notes__[0]


async def test_a_rejection_is_reported_at_the_latest_when_the_camera_is_closed(
    serve: Any, make_camera: Any
) -> None:
    async def reject(stream: Any) -> None:
        await stream.open()
        while (frame := await stream.receive()) is not None:
            rejection = ingest_pb2.Rejection(
                sequence=frame.sequence, reason=ingest_pb2.REJECTION_REASON_EMPTY
            )
            await stream.acknowledge(rejected=(rejection,))

    ingest = await serve(reject)
    rejected: list[int] = []
    async with make_camera(
        ingest.address, on_rejected=lambda one: rejected.append(one.sequence)
    ) as camera:
        for _ in range(5):
            await camera.send(b"")
    assert rejected == [1, 2, 3, 4, 5]


async def test_ctrl_c_ends_a_send_that_waits(serve: Any) -> None:
    async def tell(stream: Any) -> None:
        await stream.open(frames=1)
        await stream.receive()
        full.set()
        await asyncio.Event().wait()

    full = asyncio.Event()
    ingest = await serve(tell)
    program = (
        "import sys; from framemesh.sdk import Camera, CameraOptions\n"
        "options = CameraOptions(close_timeout=0.1)\n"
        "with Camera(sys.argv[1], pipeline='street', name='door', options=options) as camera:\n"
        "    while True: camera.send(b'image')\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, ingest.address, stderr=asyncio.subprocess.PIPE
    )
    await full.wait()
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    assert process.returncode == -signal.SIGINT
    assert b"KeyboardInterrupt" in errors


async def test_a_cancelled_task_ends_a_send_that_waits(serve: Any) -> None:
    waiting = asyncio.Event()

    async def use(address: str) -> None:
        async with AsyncCamera(
            address, pipeline="street", name="door", options=CameraOptions(close_timeout=0.1)
        ) as camera:
            await camera.send(b"image")
            waiting.set()
            await camera.send(b"waits for credit")

    ingest = await serve(take_one)
    task = asyncio.create_task(use(ingest.address))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = [one.get_name() for one in asyncio.all_tasks()]
    assert not [name for name in left if name.startswith("framemesh-")]
