"""One picture, as it is kept and sent."""

from dataclasses import dataclass
from typing import NamedTuple

from framemesh.core.frame import FrameId
from framemesh.monitor.dashboard.messages.live import PictureHeader

LENGTH_BYTES = 4


class CameraKey(NamedTuple):
    """A camera of a pipeline."""

    pipeline: str
    camera: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A downscaled frame and its outcome."""

    camera: CameraKey
    frame: FrameId
    captured_ms: float
    message: bytes
    """As browsers get it: the length of the header, the header, a JPEG."""

    @property
    def jpeg(self) -> bytes:
        length = int.from_bytes(self.message[:LENGTH_BYTES], "big")
        return self.message[LENGTH_BYTES + length :]


def picture(header: PictureHeader, jpeg: bytes) -> Picture:
    text = header.model_dump_json().encode()
    return Picture(
        CameraKey(header.pipeline, header.camera),
        FrameId(header.camera, header.session, header.sequence),
        header.captured_ms,
        b"".join((len(text).to_bytes(LENGTH_BYTES, "big"), text, jpeg)),
    )
