"""A program that sends in a loop, and waits for nothing else, and what gets its turn beside it."""

import asyncio
import time
from typing import Any

from framemesh.sdk import AsyncCamera
from tests.waiting import eventually


class Turns:
    """How often the event loop went round."""

    def __init__(self) -> None:
        self.count = 0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)

    def stop(self) -> None:
        self._task.cancel()


async def ready(serve: Any) -> AsyncCamera:
    """A camera whose first frame was accepted; eight come in one message."""

    async def accepts(stream: Any) -> None:
        await stream.open(frames=100, per_message=8)
        while (frame := await stream.receive()) is not None:
            await stream.acknowledge(frame.sequence)

    camera = AsyncCamera((await serve(accepts)).address, pipeline="street", name="door")
    await camera.send(b"first")
    await eventually(lambda: camera.counts.accepted == 1)
    return camera


async def test_each_frame_of_a_slow_loop_is_on_its_way_before_the_next(serve: Any) -> None:
    camera = await ready(serve)
    turns = Turns()
    await asyncio.sleep(0)
    for _ in range(4):
        before = turns.count
        time.sleep(0.01)  # noqa: ASYNC251  as programs do that read a camera in their loop
        await camera.send(b"slow")
        assert turns.count > before
    turns.stop()
    await camera.close()


async def test_a_fast_loop_gives_a_turn_once_a_message(serve: Any) -> None:
    camera = await ready(serve)
    turns = Turns()
    await asyncio.sleep(0)
    before = turns.count
    for _ in range(40):
        await camera.send(b"fast")
    # Five full messages; a busy machine may take more than a turn's time between two frames.
    assert 5 <= turns.count - before < 30
    turns.stop()
    await camera.close()
