"""Keeps the outcomes of each camera in the order in which its frames were delivered."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class SequencerSlot:
    """The place of a frame among those of its camera."""

    camera: str
    previous: asyncio.Event | None
    """Set once the frame before it has left; None where there was none."""
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_reached(self) -> bool:
        """Whether all frames before this one have left."""
        return self.previous is None or self.previous.is_set()

    async def reached(self) -> None:
        """Wait until all frames before this one have left.

        Without a bound of its own: a frame that is not completed here goes to another worker, and
        so must those behind it.
        """
        if self.previous is not None:
            await self.previous.wait()


class CameraSequencer:
    """Hands out the slots of all cameras of one worker."""

    def __init__(self) -> None:
        self._last: dict[str, SequencerSlot] = {}

    def join(self, camera: str) -> SequencerSlot:
        """The slot behind all that this camera has."""
        last = self._last.get(camera)
        self._last[camera] = slot = SequencerSlot(camera, last.left if last else None)
        return slot

    def leave(self, slot: SequencerSlot) -> None:
        """Its frame is settled: the next one may be completed."""
        slot.left.set()
        if self._last.get(slot.camera) is slot:
            del self._last[slot.camera]
