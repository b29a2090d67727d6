"""A frame and its identity."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_FRAMES_IN_FLIGHT = 64
"""Upper bound of unacknowledged frames of one camera, as ingest grants them."""


@dataclass(frozen=True, slots=True)
class FrameId:
    """The identity of a frame: camera, session, and 1-based sequence number in the session."""

    camera: str
    session: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.camera}/{self.session}/{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> "FrameId":
        """The inverse of `str`.

        Raises:
            ValueError: the text is not a frame id.
        """
        camera, session, sequence = text.split("/")
        return cls(camera, session, int(sequence))


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded image (JPEG, PNG or WebP) as its camera offered it."""

    id: FrameId
    captured_unix_nano: int
    image: bytes
    crc32: int
    """CRC-32 (as zlib's) of the image, computed by its camera. A mismatch means that the image was
    damaged in transit."""
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Other headers of the message, such as a trace context: passed on with the frame."""
    origin: str = field(default="", compare=False)
    """How it came to ingest, for its trace: a `framemesh.core.tracing.origin.Origin` as a text;
    empty: nobody asked."""
