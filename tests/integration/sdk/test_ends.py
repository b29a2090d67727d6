"""How a camera ends: closed, interrupted, cancelled, shared by threads."""

import asyncio
import signal
import sys
import threading
from typing import Any

import pytest

from framemesh.sdk import AsyncCamera, Camera, CameraClosed


async def acknowledge_each(stream: Any) -> None:
    await stream.open()
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


async def take_one(stream: Any) -> None:
    await stream.open(frames=1)
    await stream.receive()
    await asyncio.Event().wait()


def send_fifty(camera: Camera) -> None:
    for _ in range(50):
        camera.send(b"image")


async def test_a_closed_camera_takes_no_frame(serve: Any) -> None:
    ingest = await serve(acknowledge_each)

    def use() -> None:
        camera = Camera(ingest.address, pipeline="street", name="door")
        camera.send(b"image")
        camera.close()
        camera.close()
        with pytest.raises(CameraClosed, match="make a new one"):
            camera.send(b"image")

    await asyncio.to_thread(use)


async def test_a_closed_asynchronous_camera_takes_no_frame(serve: Any) -> None:
    ingest = await serve(acknowledge_each)
    camera = AsyncCamera(ingest.address, pipeline="street", name="door")
    await camera.send(b"image")
    await camera.close()
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


async def test_closing_wakes_a_send_that_waits(serve: Any) -> None:
    ingest = await serve(take_one)
    ended: list[BaseException] = []

    def send(camera: Camera) -> None:
        try:
            camera.send(b"waits for credit")
        except CameraClosed as error:
            ended.append(error)

    def use() -> None:
        camera = Camera(ingest.address, pipeline="street", name="door")
        camera.send(b"image")
        thread = threading.Thread(target=send, args=(camera,))
        thread.start()
        with pytest.raises(Exception, match="left 1 frames"):
            camera.close(0.2)
        thread.join(10)

    await asyncio.to_thread(use)
    assert len(ended) == 1


async def test_ctrl_c_ends_a_send_that_waits(serve: Any) -> None:
    async def tell(stream: Any) -> None:
        await stream.open(frames=1)
        await stream.receive()
        full.set()
        await asyncio.Event().wait()

    full = asyncio.Event()
    ingest = await serve(tell)
    program = (
        "import sys; from framemesh.sdk import Camera\n"
        "with Camera(sys.argv[1], pipeline='street', name='door', close_timeout=0.1) as camera:\n"
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
            address, pipeline="street", name="door", close_timeout=0.1
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
