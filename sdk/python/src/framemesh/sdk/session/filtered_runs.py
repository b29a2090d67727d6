"""Frames that the camera's own filter dropped, until ingest is told of them."""

from collections import deque

from framemesh.sdk.session.offered_frame import OfferedFrame

MAX_RUNS = 4096
"""That wait, with a frame between each two of them. Beyond that the oldest are not told: a camera
with a spool on disk takes frames for days."""


class FilteredRuns:
    """Runs of numbers, oldest first: each is sent as one frame that has no image."""

    def __init__(self) -> None:
        self.growing = 0
        """Frames of the run that still grows."""
        self._runs: deque[OfferedFrame] = deque()
        self.dropped = 0
        """Frames that ingest is never told of."""

    def __len__(self) -> int:
        """Runs that wait to be sent."""
        return len(self._runs)

    def add(self, frames: int) -> None:
        """The filter dropped the next `frames`."""
        self.growing += frames

    def close(self, last_sequence: int) -> None:
        """The run that grows, if there is one, ends with this number: it waits to be sent."""
        if not self.growing:
            return
        run = OfferedFrame(last_sequence, 0, b"", 0, filtered=self.growing)
        self.growing = 0
        if self._runs and (both := self._runs[-1].joined(run)):
            self._runs[-1] = both
            return
        self._runs.append(run)
        if len(self._runs) > MAX_RUNS:
            self.dropped += self._runs.popleft().filtered

    def discard_growing(self) -> None:
        """The run that grows will not be told."""
        self.dropped += self.growing
        self.growing = 0

    @property
    def oldest(self) -> OfferedFrame | None:
        return self._runs[0] if self._runs else None

    def take(self) -> OfferedFrame:
        """Remove and return the oldest; there must be one."""
        return self._runs.popleft()
