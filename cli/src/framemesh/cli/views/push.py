"""What `push` shows while it sends, and at its end."""

import asyncio
import time
from collections.abc import Sequence

from rich.progress import Progress

from framemesh.cli.push.report import PushReport
from framemesh.cli.push.sender import total
from framemesh.sdk import AsyncCamera, Counts
from framemesh.sources.encoding import Encoding, ImageFormat

REFRESH_SECONDS = 0.2
"""Between two drawings of the progress bar."""


class PushProgress:
    """A progress bar over all cameras: how many frames are answered, how fast, and until when."""

    def __init__(
        self,
        progress: Progress,
        cameras: Sequence[AsyncCamera],
        frames: int | None,
        report: PushReport,
    ) -> None:
        """`frames` of all cameras together; None: not known."""
        self._progress = progress
        self._cameras = cameras
        self._frames = frames
        self._report = report
        self._task = progress.add_task("", total=1.0 if frames else None)
        self._began = time.monotonic()

    async def refresh_periodically(self) -> None:
        """Draw until cancelled."""
        while True:
            self.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    def refresh(self) -> None:
        counts = total(self._cameras)
        done = self._share(counts)
        self._progress.update(
            self._task,
            total=None if done is None else 1.0,
            completed=done or 0.0,
            description=summary(counts, time.monotonic() - self._began),
        )

    def _share(self, counts: Counts) -> float | None:
        """Of all that is to be sent; None: nobody knows how much that is."""
        if self._frames:
            return (counts.offered - counts.pending) / self._frames
        return self._report.progress


def encoded(frames: int, encoding: Encoding) -> str:
    """That frames are not sent as they are in their source, and how they can be."""
    lossy = encoding.format is not ImageFormat.PNG
    hint = "; --format png keeps every pixel" if lossy else ""
    return f"{frames} {'frame' if frames == 1 else 'frames'} encoded as {encoding}{hint}"


def summary(counts: Counts, seconds: float, skipped: int = 0, filtered: int = 0) -> str:
    """What became of all frames after so many seconds, in one line; `skipped` of the source, and
    `filtered`, as nothing moved in them."""
    sent = counts.offered - counts.dropped - counts.filtered
    rejected = counts.rejected - counts.filtered
    dropped = f", {counts.dropped} dropped" if counts.dropped else ""
    left = f", {skipped} of the source skipped" if skipped else ""
    left += f", {filtered} without motion" if filtered else ""
    return (
        f"{sent} {'frame' if sent == 1 else 'frames'} sent, {counts.accepted} acknowledged "
        f"({counts.accepted / seconds:.1f}/s), {rejected} rejected{dropped}{left}"
    )


def waiting(frames: int, spool: str) -> str:
    """That frames are left on disk."""
    wait = "frame waits" if frames == 1 else "frames wait"
    return f"{frames} {wait} in {spool}: the next push with this spool sends them first"
