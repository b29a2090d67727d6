"""Frames of a camera that are sealed one after the other, in the order in which they came."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class SequencerSlot:
    """The place of a frame in the line of its camera."""

    camera: str
    before: asyncio.Event | None
    left: asyncio.Event = field(default_factory=asyncio.Event)


class CameraSequencer:
    """Of all cameras of one worker."""

    def __init__(self) -> None:
        self._last: dict[str, SequencerSlot] = {}

    def join(self, camera: str) -> SequencerSlot:
        """The place behind all of this camera that joined before."""
        last = self._last.get(camera)
        self._last[camera] = slot = SequencerSlot(camera, last.left if last else None)
        return slot

    async def reach(self, slot: SequencerSlot) -> None:
        """Wait until those in front have left.

        Without an end of its own: a frame in front that is not sealed here goes to another worker,
        and so must those behind it.
        """
        if slot.before is not None:
            await slot.before.wait()

    def leave(self, slot: SequencerSlot) -> None:
        """It is sealed: the next one may go."""
        slot.left.set()
        if self._last.get(slot.camera) is slot:
            del self._last[slot.camera]
