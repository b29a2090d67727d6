"""Cameras that come and go: the load by which the number of workers changes."""

import asyncio
from random import Random

from tests.chaos.load.cameras import Cameras
from tests.chaos.load.images import Images

CAMERAS, FPS = 3, 20.0
"""With those that push all the time, more than two workers do, also where the machine is so busy
that one does 30 frames a second instead of 40; without them, less."""

WAVE_SECONDS = (7.0, 11.0)
"""Shortest and longest: several times what is needed to see that the backlog grows."""
CALM_SECONDS = (9.0, 13.0)
"""Arrivals are counted over 5 s, and must be few for SHRINK_AFTER."""


async def waves(cameras: Cameras, images: Images, random: Random, stop: asyncio.Event) -> None:
    """Let cameras come and go until `stop` is set; each waits for its last answers then."""
    names = [f"wave-{number + 1}" for number in range(CAMERAS)]
    while not stop.is_set():
        async with cameras.keeping(names, images.good, FPS):
            await _pause(stop, random.uniform(*WAVE_SECONDS))
        await _pause(stop, random.uniform(*CALM_SECONDS))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
