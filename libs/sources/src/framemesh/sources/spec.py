"""What is asked of a source: plain values, which go to its process as JSON."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from framemesh.sources.encoding import AS_IT_IS, Encoding

OPEN_SECONDS = 10.0
"""For a camera to answer, and to give its first picture. An RTSP camera sends one at its next key
frame, which may be four seconds away."""

STALL_SECONDS = 10.0
"""Without a picture, of a live source. Cameras that send one every few seconds need more."""

MAX_PICTURE_BYTES = 64 * 1024 * 1024
"""Of one encoded picture: ingest takes less in any configuration."""


class Kind(StrEnum):
    """How a source is read."""

    PATTERN = "pattern"
    FOLDER = "folder"
    FILE = "file"
    STDIN = "stdin"
    WEBCAM = "webcam"
    HTTP = "http"
    """A camera that speaks HTTP; what its answer is decides: MJPEG, a snapshot, or a video."""
    STREAM = "stream"
    """Any other URL that FFmpeg opens: rtsp, rtmp, udp, srt."""

    @property
    def may_hang(self) -> bool:
        """Whether it may be that nobody ever answers."""
        return self in {Kind.WEBCAM, Kind.HTTP, Kind.STREAM}


class Transport(StrEnum):
    """How RTP packets of an RTSP camera come."""

    TCP = "tcp"
    UDP = "udp"


class Hardware(StrEnum):
    """What decodes video."""

    NONE = "none"
    AUTO = "auto"
    """A device of this machine if there is one, else its CPU."""
    CUDA = "cuda"
    VAAPI = "vaapi"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source, and how its frames are wanted."""

    kind: Kind
    place: str
    """A path, a URL, the number of a webcam, or the size and rate of a pattern."""
    user: str = ""
    password: str = field(default="", repr=False)
    transport: Transport = Transport.TCP
    hardware: Hardware = Hardware.NONE
    format: str = ""
    """The name that FFmpeg has for the format, where it cannot be told from the bytes."""
    open_seconds: float = OPEN_SECONDS
    stall_seconds: float = STALL_SECONDS
    every: int = 1
    """Each Nth frame of the source; the others are counted as skipped."""
    start_seconds: float = 0.0
    """Of a video: where to begin."""
    loop: bool = False
    """Of what has an end: begin again there."""
    realtime: bool = False
    """Of a video: a frame is given when its time has come, not as soon as it is read."""
    watch: bool = False
    """Of a folder: give images that come later too, for ever."""
    poll_seconds: float = 1.0
    """Between two snapshots."""
    webcam_size: tuple[int, int] | None = None
    webcam_fps: float | None = None
    encoding: Encoding = AS_IT_IS
    max_width: int = 0
    """Pixels; a wider picture is made smaller with its proportions kept. 0: as it is."""
    max_height: int = 0
    motion: float = 0.0
    """Share of a picture that must have changed since the last one that was given, 0 to 1; 0: all
    are given."""

    def without_secrets(self) -> "SourceSpec":
        return replace(self, password="")

    @property
    def resizes(self) -> bool:
        return bool(self.max_width or self.max_height)
