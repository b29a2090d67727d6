"""How fast frames are sent, and how well encoded: as a person asks, and as the pipeline does."""

import asyncio
import time
from collections.abc import Callable, Sequence

from framemesh.cli.push.plan import Plan
from framemesh.sdk import AsyncCamera, Hint

LEAST_FPS = 0.01
"""As of `--fps`."""

LOOK_SECONDS = 1.0
"""Between two looks at a rate that may have changed."""

NO_HINT = Hint()


def hint(plan: Plan, cameras: Sequence[AsyncCamera]) -> Hint:
    """What ingest asks of all cameras, which send the same frames, where it is heeded."""
    if not plan.adaptive:
        return NO_HINT
    hints = [camera.hint for camera in cameras]
    rates = [one.frames_per_second for one in hints if one.frames_per_second is not None]
    return Hint(min(rates, default=None), min(one.quality for one in hints))


def frames_per_second(plan: Plan, asked: Hint) -> float | None:
    """Of each camera; None: as fast as it goes."""
    rates = [rate for rate in (plan.fps, asked.frames_per_second) if rate is not None]
    return max(min(rates), LEAST_FPS) if rates else None


class FrameRateLimiter:
    """At most so many frames a second. A delay is not made up for by a burst."""

    def __init__(self, fps: Callable[[], float | None]) -> None:
        """`fps`: at the moment; None: any number."""
        self._fps = fps
        self._last = 0.0

    async def wait(self) -> None:
        began = time.monotonic()
        while (pause := self._last + self._gap - time.monotonic()) > 0:  # noqa: ASYNC110  for time
            await asyncio.sleep(min(pause, LOOK_SECONDS))
        self._last = max(self._last + self._gap, began)

    @property
    def _gap(self) -> float:
        fps = self._fps()
        return 1 / fps if fps else 0.0
