"""One source, sent as any number of cameras at once."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from framemesh.cli.push.sources import ImageSource, SourceUnreadable
from framemesh.sdk import AsyncCamera, Counts

QUEUED_FRAMES = 4
"""Read ahead for each camera: enough to keep it busy while the next one is decoded."""


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A frame that all cameras send."""

    image: bytes
    captured_unix_nano: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What every camera sends, and how fast."""

    source: ImageSource
    fps: float | None
    """Frames a second of each camera; None: as fast as it goes."""
    limit: int | None
    """Frames of each camera; None: all there are."""
    loop: bool
    """Start again at the end of the source."""

    @property
    def length(self) -> int | None:
        """How many frames each camera will send, as far as known."""
        known = None if self.loop else self.source.length
        return min((n for n in (self.limit, known) if n is not None), default=None)

    def frames(self) -> Iterator[CapturedFrame]:
        """The frames that all cameras send.

        Raises:
            SourceUnreadable: there are none.
        """
        return islice(self._taken(), self.limit)

    def _taken(self) -> Iterator[CapturedFrame]:
        while True:
            empty = True
            for image in self.source.images():
                empty = False
                yield CapturedFrame(image, time.time_ns())
            if empty:
                raise SourceUnreadable("the source holds no frames")
            if not self.loop:
                return


async def push(plan: Plan, cameras: Sequence[AsyncCamera]) -> None:
    """Send every frame of `plan` with every camera, and wait for all acknowledgements.

    A camera that waits for ingest holds back the others: they show the same scene.

    Raises:
        ExceptionGroup: of what the cameras raise.
    """
    queues = [asyncio.Queue[CapturedFrame | None](QUEUED_FRAMES) for _ in cameras]
    async with asyncio.TaskGroup() as group:
        for camera, queue in zip(cameras, queues, strict=True):
            group.create_task(_send(camera, queue))
        pace, feed = FrameRateLimiter(plan.fps), plan.frames()
        # Reading and encoding block, so a thread does it.
        while (frame := await asyncio.to_thread(next, feed, None)) is not None:
            await pace.wait()
            for queue in queues:
                await queue.put(frame)
        for queue in queues:
            await queue.put(None)


async def _send(camera: AsyncCamera, queue: asyncio.Queue[CapturedFrame | None]) -> None:
    async with camera:
        while (frame := await queue.get()) is not None:
            await camera.send(frame.image, captured_unix_nano=frame.captured_unix_nano)


class FrameRateLimiter:
    """At most so many frames a second. Time that was lost is not made up for."""

    def __init__(self, fps: float | None) -> None:
        self._gap = 1 / fps if fps else 0.0
        self._due = 0.0

    async def wait(self) -> None:
        now = time.monotonic()
        if now < self._due:
            await asyncio.sleep(self._due - now)
        self._due = max(self._due, now) + self._gap


def total(cameras: Sequence[AsyncCamera]) -> Counts:
    """The counts of all cameras together."""
    counts = [camera.counts for camera in cameras]
    return Counts(
        offered=sum(one.offered for one in counts),
        accepted=sum(one.accepted for one in counts),
        rejected=sum(one.rejected for one in counts),
        dropped=sum(one.dropped for one in counts),
        pending=sum(one.pending for one in counts),
    )
