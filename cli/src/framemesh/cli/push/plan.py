"""What `push` sends, and how fast."""

from dataclasses import dataclass

from framemesh.sources.messages import Opened


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
    """How much of a source every camera sends, and how fast."""

    fps: float | None = None
    """Frames a second of each camera; None: as fast as it goes, and of what is live each one."""
    limit: int | None = None
    """Frames of each camera; None: all there are."""
    loop: bool = False
    """The source begins again at its end."""
    every: int = 1
    """Each Nth frame of the source is sent."""
    adaptive: bool = False
    """What ingest asks of the cameras is heeded: fewer frames, and smaller JPEGs."""

    def length(self, opened: Opened) -> int | None:
        """How many frames each camera will send, as far as known."""
        known = None
        if opened.length is not None and not self.loop:
            known = -(-opened.length // self.every)
        return min((n for n in (self.limit, known) if n is not None), default=None)
