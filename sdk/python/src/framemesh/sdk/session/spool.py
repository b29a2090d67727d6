"""Frames that were offered and never sent."""

from collections import deque

from framemesh.sdk.session.credit import Cost, Credit
from framemesh.sdk.session.offered_frame import OfferedFrame


class Spool:
    """Oldest first. If it has bounds, the oldest frames are dropped for a new one."""

    def __init__(self, bounds: Credit | None) -> None:
        """`bounds` None: the caller bounds it."""
        self._bounds = bounds
        self._frames: deque[OfferedFrame] = deque()
        self.cost = Cost()
        self.dropped = 0
        """How many frames were removed to make room for newer ones."""

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def oldest(self) -> OfferedFrame | None:
        return self._frames[0] if self._frames else None

    def put(self, frame: OfferedFrame) -> None:
        while self._bounds and not self.cost.leaves_room(self._bounds, len(frame.image)):
            self.take()
            self.dropped += 1
        self._frames.append(frame)
        self.cost.add(frame)

    def take(self) -> OfferedFrame:
        """Remove and return the oldest frame; there must be one."""
        frame = self._frames.popleft()
        self.cost.remove(frame)
        return frame

    def withhold_larger(self, max_frame_bytes: int) -> None:
        """Keep no image of more bytes; its frame stays, as withheld."""
        self._frames = deque(frame.within(max_frame_bytes) for frame in self._frames)
        self.cost = Cost.of(self._frames)
