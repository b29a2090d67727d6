"""Sends one source as any number of cameras at once."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from framemesh.cli.push.pace import FrameRateLimiter, frames_per_second, hint
from framemesh.cli.push.plan import CapturedFrame, Plan
from framemesh.cli.push.report import PushReport
from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.sdk import AsyncCamera, Counts
from framemesh.sources.messages import Opened, UnreadableFrame
from framemesh.sources.supervision.items import Filtered
from framemesh.sources.supervision.source import WatchedSource

QUEUED_FRAMES = 4
"""Of a file, ready for each camera: enough to keep it busy while the next one is encoded."""

Item = CapturedFrame | Filtered
Queue = asyncio.Queue[Item | None]


async def push(
    source: WatchedSource, plan: Plan, cameras: Sequence[AsyncCamera], report: PushReport
) -> None:
    """Send the frames of `source` with every camera, and wait for all acknowledgements.

    A camera that waits for ingest holds back the others: they show the same scene.

    Raises:
        FramemeshError: the source cannot be read, or not any more; what it gave is sent.
        ExceptionGroup: of what the cameras raise.
    """
    opened = await source.opened()
    queues = [Queue(QUEUED_FRAMES) for _ in cameras]
    failure: FramemeshError | None = None
    async with TaskGroup() as group:
        for camera, queue in zip(cameras, queues, strict=True):
            group.create_task(_send(camera, queue))
        try:
            async with aclosing(_frames(source, opened, plan, report, cameras)) as frames:
                async for item in frames:
                    await _hand_out(item, queues, live=opened.live)
        except FramemeshError as error:
            # What was read before is sent: a camera that ends takes none of its frames with it.
            failure = error
        for queue in queues:
            await queue.put(None)
    if failure is not None:
        raise failure


async def _frames(
    source: WatchedSource,
    opened: Opened,
    plan: Plan,
    report: PushReport,
    cameras: Sequence[AsyncCamera],
) -> AsyncGenerator[Item, None]:
    """What all cameras send, or tell of.

    Raises:
        FramemeshError: the source cannot be read, or not any more.
    """
    rate = FrameRateLimiter(lambda: frames_per_second(plan, hint(plan, cameras)))
    number = given = 0
    items = aiter(source)
    # A live source is asked for its newest frame when one is due, and not before.
    await rate.wait()
    async for item in items:
        if isinstance(item, UnreadableFrame):
            report.unreadable(item.reason)
            continue
        if isinstance(item, Filtered):
            number += item.frames
            yield item
            continue
        number, given = number + 1, given + 1
        captured = item.captured_unix_nano if opened.live else time.time_ns()
        frame = CapturedFrame(number, item.name, item.image, captured, item.is_original)
        report.captured(frame, item.progress)
        yield frame
        # A frame of a live source that gave way to a newer one was not sent.
        dropped = max(camera.counts.dropped for camera in cameras) if opened.live else 0
        if plan.limit is not None and given - dropped >= plan.limit:
            return
        source.quality = hint(plan, cameras).quality
        await rate.wait()


async def _hand_out(item: Item, queues: Sequence[Queue], *, live: bool) -> None:
    for queue in queues:
        await queue.put(item)
    if live:
        # Nothing waits here that would be older than the newest frame of its source.
        for queue in queues:
            await queue.join()


async def _send(camera: AsyncCamera, queue: Queue) -> None:
    async with camera:
        while (item := await queue.get()) is not None:
            if isinstance(item, Filtered):
                await camera.filtered(item.frames)
            else:
                await camera.send(item.image, captured_unix_nano=item.captured_unix_nano)
            queue.task_done()


def total(cameras: Sequence[AsyncCamera]) -> Counts:
    """The counts of all cameras together."""
    counts = [camera.counts for camera in cameras]
    return Counts(
        offered=sum(one.offered for one in counts),
        accepted=sum(one.accepted for one in counts),
        rejected=sum(one.rejected for one in counts),
        dropped=sum(one.dropped for one in counts),
        pending=sum(one.pending for one in counts),
        filtered=sum(one.filtered for one in counts),
    )
