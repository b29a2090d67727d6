"""Cameras: their ledgers, and the pictures of them that are kept."""

from framemesh.monitor.dashboard.messages.base import Message
from framemesh.monitor.dashboard.messages.frames import CameraLedger


class Camera(CameraLedger):
    """One camera of one pipeline."""

    pipeline: str
    camera: str
    last_seen_ms: float | None
    """When its last entry was read; null: not since the monitor was started."""
    per_second: float | None
    """Frames that were completed."""
    balanced: bool


class CameraPage(Message):
    """Some cameras, by pipeline and name."""

    cameras: list[Camera]
    next: str | None
    """The `after` of the next page; null after the last."""


class KeptPicture(Message):
    """A picture that was shown lately."""

    session: str
    sequence: int
    captured_ms: float


class KeptPictures(Message):
    """Those of one camera, the oldest first."""

    pictures: list[KeptPicture]
