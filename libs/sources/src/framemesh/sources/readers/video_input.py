"""What is the same of live streams and of files that FFmpeg reads."""

from typing import TypeAlias

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from framemesh.core.images.check import check_image
from framemesh.core.images.errors import BadImage
from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.locations import shown
from framemesh.sources.messages import Opened
from framemesh.sources.readers.av_open import open_container
from framemesh.sources.readers.jpeg_tables import with_tables
from framemesh.sources.readers.picture import Pixels
from framemesh.sources.spec import Kind, SourceSpec

VideoPacket: TypeAlias = "Packet[VideoStream]"
"""PyAV has this type for checkers alone."""

_FULL_TURN = 4
_QUARTER_DEGREES = 90


class VideoInput:
    """An open container and its first video stream."""

    def __init__(self, spec: SourceSpec) -> None:
        """
        Raises:
            SourceFailed, SourceTimedOut, SourceUnreadable: it cannot be opened.
        """
        self.spec = spec
        self.name = shown(spec)
        self.container: InputContainer = open_container(spec)
        if not self.container.streams.video:
            self.container.close()
            raise SourceUnreadable(f"{self.name} has no video")
        self.stream: VideoStream = self.container.streams.video[0]
        self.is_jpeg = self.stream.codec_context.name == "mjpeg"

    @property
    def live(self) -> bool:
        """Whether it has no end of its own, so that its end is a failure."""
        if self.spec.kind in {Kind.FILE, Kind.STDIN}:
            return False
        return self.spec.kind is Kind.WEBCAM or not (self.container.duration or self.stream.frames)

    @property
    def description(self) -> str:
        stream = self.stream
        rate = f" {float(stream.average_rate):.4g}/s" if stream.average_rate else ""
        return f"{stream.codec_context.name} {stream.width}x{stream.height}{rate}"

    def jpeg(self, packet: VideoPacket) -> bytes | None:
        """What a packet has, if that is a JPEG that ingest takes as it is."""
        if not self.is_jpeg:
            return None
        jpeg = with_tables(bytes(packet))
        try:
            header = check_image(jpeg)
        except BadImage:
            return None
        # Of interlaced video a packet has two JPEGs of half the height.
        size = self.stream.width, self.stream.height
        return jpeg if (header.width, header.height) == size or self.live else None

    def opened(self, length: int | None) -> Opened:
        return Opened(live=self.live, length=length, description=self.description)

    def close(self) -> None:
        self.container.close()


def upright(frame: VideoFrame) -> Pixels:
    """Turned as the video says that it is to be shown."""
    pixels = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    turns = round(frame.rotation / _QUARTER_DEGREES) % _FULL_TURN
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def seconds_of(part: "VideoFrame | VideoPacket") -> float | None:
    """Its presentation time."""
    if part.pts is None or not part.time_base:
        return None
    return float(part.pts * part.time_base)
