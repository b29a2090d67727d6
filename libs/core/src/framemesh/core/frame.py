"""A frame and its identity."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_FRAMES_IN_FLIGHT = 64
"""Frames of one camera that ingest lets be under way, at most."""


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
    """CRC-32 (that of zlib) of the image as its camera made it. An image that does not have it was
    damaged on its way."""
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What came with it and is not known here, such as a trace: it goes on with the frame."""
