"""Frames of a camera that are sealed one after the other, in the order in which they came."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Place:
    """The place of a frame in the line of its camera."""

    camera: str
    before: asyncio.Event | None
    left: asyncio.Event = field(default_factory=asyncio.Event)


class Line:
    """Of all cameras of one worker."""

    def __init__(self) -> None:
        self._last: dict[str, Place] = {}

    def join(self, camera: str) -> Place:
        """The place behind all of this camera that joined before."""
        last = self._last.get(camera)
        self._last[camera] = place = Place(camera, last.left if last else None)
        return place

    async def reach(self, place: Place) -> None:
        """Wait until those in front have left.

        Without an end of its own: a frame in front that is not sealed here goes to another worker,
        and so must those behind it.
        """
        if place.before is not None:
            await place.before.wait()

    def leave(self, place: Place) -> None:
        """It is sealed: the next one may go."""
        place.left.set()
        if self._last.get(place.camera) is place:
            del self._last[place.camera]
