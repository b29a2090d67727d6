"""A camera and the process that it is of: forks, exits, interrupts."""

import asyncio
import signal
import sys
import time
from typing import Any

import pytest

ENDS_SECONDS = 10.0
"""For a program that is interrupted: 2 s for answers, 2 s for its thread, and a slow machine."""


async def acknowledge_each(stream: Any) -> None:
    await stream.open()
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


async def run(program: str, *arguments: str) -> tuple[int | None, str]:
    """The exit status and the standard error of a program of Python."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


FORKS = """
import os, sys
from framemesh.sdk import Camera, CameraForked
with Camera(sys.argv[1], pipeline="street", name="door") as camera:
    camera.send(b"parent")
    if (child := os.fork()) == 0:
        try:
            camera.send(b"child")
        except CameraForked as error:
            print(error, file=sys.stderr, flush=True)
            camera.close()
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    camera.send(b"parent")
assert camera.counts.accepted == 2
"""


async def test_a_child_of_fork_cannot_send_as_its_parent(serve: Any) -> None:
    ingest = await serve(acknowledge_each)
    status, errors = await run(FORKS, ingest.address)
    assert status == 0, errors
    assert "make a camera in each process that sends" in errors
    assert [frame.image for frame in ingest.streams[0].frames] == [b"parent", b"parent"]
    assert len(ingest.streams) == 1


FORKS_FIRST = """
import os, sys
from framemesh.sdk import Camera
children = []
for name in ("north", "south"):
    if (child := os.fork()) == 0:
        with Camera(sys.argv[1], pipeline="street", name=name) as camera:
            camera.send(name.encode())
        os._exit(0)
    children.append(child)
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
"""


async def test_cameras_that_are_made_in_children_send(serve: Any) -> None:
    ingest = await serve(acknowledge_each)
    status, errors = await run(FORKS_FIRST, ingest.address)
    assert status == 0, errors
    assert {stream.opening.camera for stream in ingest.streams} == {"north", "south"}


UNCLOSED = """
import sys
from framemesh.sdk import Camera
camera = Camera(sys.argv[1], pipeline="street", name="door")
for _ in range(3):
    camera.send(b"image")
"""


async def test_a_camera_that_is_never_closed_is_told_at_the_end(serve: Any) -> None:
    async def take(stream: Any) -> None:
        await stream.open()
        await asyncio.Event().wait()

    ingest = await serve(take)
    status, errors = await run(UNCLOSED, ingest.address)
    assert status == 0
    assert errors == (
        "camera door was never closed: 3 of its 3 frames are unacknowledged; use it in a `with`, "
        "or call close()\n"
    )


BLOCKED = {
    "threads": """
import sys
from framemesh.sdk import Camera
with Camera(sys.argv[1], pipeline="street", name="door") as camera:
    while True:
        camera.send(b"image")
""",
    "asyncio": """
import asyncio, sys
from framemesh.sdk import AsyncCamera
async def main():
    async with AsyncCamera(sys.argv[1], pipeline="street", name="door") as camera:
        while True:
            await camera.send(b"image")
asyncio.run(main())
""",
}


@pytest.mark.parametrize("face", BLOCKED)
@pytest.mark.parametrize("answers", ["never opens", "never acknowledges"])
async def test_ctrl_c_ends_a_camera_whose_ingest_hangs(serve: Any, face: str, answers: str) -> None:
    blocked = asyncio.Event()

    async def hang(stream: Any) -> None:
        if answers == "never acknowledges":
            await stream.open(frames=1)
            await stream.receive()
        blocked.set()
        await asyncio.Event().wait()

    ingest = await serve(hang)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BLOCKED[face], ingest.address, stderr=asyncio.subprocess.PIPE
    )
    await blocked.wait()
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, errors = await process.communicate()
    assert time.monotonic() - began < ENDS_SECONDS
    assert process.returncode == -signal.SIGINT
    assert b"KeyboardInterrupt" in errors
    if answers == "never acknowledges":
        assert b"left 1 frames unacknowledged" in errors, errors.decode()


async def test_a_second_ctrl_c_ends_the_wait_for_answers(serve: Any) -> None:
    taken = asyncio.Event()

    async def take(stream: Any) -> None:
        await stream.open()
        await stream.receive()
        taken.set()
        await asyncio.Event().wait()

    program = (
        "import sys; from framemesh.sdk import Camera\n"
        "camera = Camera(sys.argv[1], pipeline='street', name='door')\n"
        "camera.send(b'image')\n"
        "camera.close(600)\n"
    )
    ingest = await serve(take)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, ingest.address, stderr=asyncio.subprocess.PIPE
    )
    await taken.wait()
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    await process.communicate()
    assert time.monotonic() - began < ENDS_SECONDS
    assert process.returncode == -signal.SIGINT
