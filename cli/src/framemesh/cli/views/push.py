"""What `push` shows while it sends, and what it says of rejected frames."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.progress import Progress

from framemesh.cli.push.pushing import total
from framemesh.sdk import AsyncCamera, FrameRejected

REFRESH_SECONDS = 0.2
"""Of the progress bar."""


class PushProgress:
    """A progress bar over all cameras: how many frames are dealt with, and how fast."""

    def __init__(
        self, progress: Progress, cameras: Sequence[AsyncCamera], frames: int | None
    ) -> None:
        """`frames` of all cameras together; None: nobody knows."""
        self._progress = progress
        self._cameras = cameras
        self._task = progress.add_task("", total=frames)
        self._began = time.monotonic()

    async def refresh_periodically(self) -> None:
        """Draw until cancelled."""
        while True:
            self.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    def refresh(self) -> None:
        counts = total(self._cameras)
        self._progress.update(
            self._task, completed=counts.offered - counts.pending, description=self.summary()
        )

    def summary(self) -> str:
        counts = total(self._cameras)
        rate = counts.accepted / (time.monotonic() - self._began)
        sent = counts.offered - counts.dropped
        dropped = f", {counts.dropped} dropped" if counts.dropped else ""
        return (
            f"{sent} {'frame' if sent == 1 else 'frames'} sent, {counts.accepted} acknowledged "
            f"({rate:.1f}/s), {counts.rejected} rejected{dropped}"
        )


class RejectionSummary:
    """Rejected frames, counted by reason; of each reason one message is kept."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, rejected: FrameRejected) -> None:
        self._counts[rejected.reason] += 1
        self._first.setdefault(rejected.reason, rejected.message)

    def lines(self) -> Iterator[str]:
        for reason, count in self._counts.most_common():
            yield f"{count} rejected as {reason}, the first: {self._first[reason]}"
