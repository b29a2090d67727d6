"""Sends one source as any number of cameras at once."""

import asyncio
import time
from collections.abc import Sequence

from framemesh.cli.push.daemon_thread import DaemonThread
from framemesh.cli.push.image_source import UnreadableImage
from framemesh.cli.push.plan import CapturedFrame, Plan
from framemesh.cli.push.report import PushReport
from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.sdk import AsyncCamera, Counts

QUEUED_FRAMES = 4
"""Read ahead for each camera: enough to keep it busy while the next one is decoded."""


async def push(plan: Plan, cameras: Sequence[AsyncCamera], report: PushReport) -> None:
    """Send every frame of `plan` with every camera, and wait for all acknowledgements.

    A camera that waits for ingest holds back the others: they show the same scene.

    Raises:
        FramemeshError: the source cannot be read, or not any more; what it gave is sent.
        ExceptionGroup: of what the cameras raise.
    """
    queues = [asyncio.Queue[CapturedFrame | None](QUEUED_FRAMES) for _ in cameras]
    failure: FramemeshError | None = None
    async with TaskGroup() as group:
        for camera, queue in zip(cameras, queues, strict=True):
            group.create_task(_send(camera, queue))
        try:
            await _read(plan, queues, report)
        except FramemeshError as error:
            # What was read before is sent: a camera that ends takes none of its frames with it.
            failure = error
        for queue in queues:
            await queue.put(None)
    if failure is not None:
        raise failure


async def _read(
    plan: Plan, queues: Sequence[asyncio.Queue[CapturedFrame | None]], report: PushReport
) -> None:
    """Put every frame of `plan` into each of the queues.

    Raises:
        FramemeshError: the source cannot be read, or not any more.
    """
    rate, frames = FrameRateLimiter(plan.fps), plan.frames()
    with DaemonThread("framemesh-source") as source:
        while (frame := await source.call(lambda: next(frames, None))) is not None:
            if isinstance(frame, UnreadableImage):
                report.unreadable(frame)
                continue
            report.captured(frame)
            await rate.wait()
            for queue in queues:
                await queue.put(frame)


async def _send(camera: AsyncCamera, queue: asyncio.Queue[CapturedFrame | None]) -> None:
    async with camera:
        while (frame := await queue.get()) is not None:
            await camera.send(frame.image, captured_unix_nano=frame.captured_unix_nano)


class FrameRateLimiter:
    """At most `fps` frames a second. A delay is not made up for by a burst."""

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
