"""What `push` sends, and how fast."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from framemesh.cli.push.image_source import (
    CameraEnded,
    ImageSource,
    Item,
    SourceUnreadable,
    UnreadableImage,
)


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A frame that all cameras send."""

    number: int
    """1-based: its sequence number in the session of every camera."""
    name: str
    image: bytes
    captured_unix_nano: int
    is_original: bool
    """Whether it is sent as its source has it, and was not encoded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What every camera sends, and how fast."""

    source: ImageSource
    fps: float | None
    """Frames a second of each camera; None: as fast as it goes."""
    limit: int | None
    """Frames of each camera; None: all there are."""
    loop: bool
    """Start again at the end of the source."""

    @property
    def length(self) -> int | None:
        """How many frames each camera will send, as far as known."""
        known = None if self.loop else self.source.length
        return min((n for n in (self.limit, known) if n is not None), default=None)

    def frames(self) -> Iterator[CapturedFrame | UnreadableImage]:
        """The frames that all cameras send, and the images that cannot be read.

        Raises:
            SourceUnreadable, FileUnreadable: there are no frames, or none can be read.
            CameraEnded: a live source ended, and `loop` does not connect again.
        """
        number = 0
        while True:
            begin, failure = number, None
            for item in self._items():
                if isinstance(item, UnreadableImage):
                    failure = failure or item.error
                    yield item
                    continue
                number += 1
                yield CapturedFrame(
                    number, item.name, item.encoded, time.time_ns(), item.is_original
                )
                if number == self.limit:
                    return
            if number == begin:
                raise failure or SourceUnreadable("the source holds no frames")
            if not self.loop:
                return

    def _items(self) -> Iterator[Item]:
        """The source from its beginning to its end."""
        try:
            yield from self.source.items()
        except CameraEnded:
            if not self.loop:
                raise
