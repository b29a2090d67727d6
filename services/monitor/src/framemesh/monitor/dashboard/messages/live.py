"""The live connection, a WebSocket: what the page wants to see, and what it gets.

Each message of the page replaces its last. The server sends texts, each with a `type`, and pictures
as binary messages: the length of a JSON header (4 bytes, big-endian), the header, a JPEG.
"""

from typing import Annotated, Literal

from pydantic import Field

from framemesh.monitor.dashboard.messages.base import Message, Name
from framemesh.monitor.dashboard.messages.detections import Detection
from framemesh.monitor.dashboard.messages.frames import FateName


class WatchedCamera(Message):
    """A camera whose pictures are wanted."""

    pipeline: Name
    camera: Name


class Wall(Message):
    """The cameras that are on the screen."""

    cameras: Annotated[list[WatchedCamera], Field(max_length=256)]
    width: Annotated[int, Field(ge=32, le=4096)]
    """Of a picture on the screen, in pixels; those that are sent are about so wide."""


class LiveRequest(Message):
    """What the page shows now."""

    token: str | None = None
    mesh: bool = False
    """Whether mesh messages are wanted."""
    wall: Wall | None = None
    history: Name | None = None
    """The pipeline whose samples are wanted."""


class PictureHeader(Message):
    """A picture of a frame, with the outcome of the same frame."""

    pipeline: str
    camera: str
    session: str
    sequence: int
    captured_ms: float
    completed_ms: float
    width: int
    """Of the frame in pixels; the picture may be smaller."""
    height: int
    fate: FateName
    reason: str
    detections: list[Detection]
    timings_ms: dict[str, float]
    """By hop: ingest, dwell, queue, decode, batch, triton, outcome."""


class ErrorMessage(Message):
    """Something that was asked for cannot be had; the connection goes on unless it is closed."""

    type: Literal["error"] = "error"
    error: str
