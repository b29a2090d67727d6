"""How much a camera may send ahead of its acknowledgements, and what frames cost of that."""

from collections.abc import Iterable
from dataclasses import dataclass

from framemesh.sdk.session.offered_frame import OfferedFrame


@dataclass(frozen=True, slots=True)
class Credit:
    """A number of frames, and of bytes of their images."""

    frames: int
    bytes: int


@dataclass(slots=True)
class Cost:
    """What a number of frames take of a credit."""

    frames: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, frames: Iterable[OfferedFrame]) -> "Cost":
        cost = cls()
        for frame in frames:
            cost.add(frame)
        return cost

    def add(self, frame: OfferedFrame) -> None:
        self.frames += 1
        self.bytes += len(frame.image)

    def remove(self, frame: OfferedFrame) -> None:
        self.frames -= 1
        self.bytes -= len(frame.image)

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.frames + other.frames, self.bytes + other.bytes)

    def leaves_room(self, credit: Credit, size: int) -> bool:
        """Whether a frame of `size` bytes may be added. A single frame always may, whatever its
        size: a credit that is smaller than a frame would stop the camera for ever."""
        if not self.frames:
            return True
        return self.frames < credit.frames and self.bytes + size <= credit.bytes
