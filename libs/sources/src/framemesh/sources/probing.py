"""What a stream is, and what to set at its camera."""

from collections.abc import Iterator
from dataclasses import dataclass

LONG_KEY_SECONDS = 4.0
"""Between key frames: whoever opens the stream, or lost a packet, waits so long for a picture."""

SLOW_DECODE_SHARE = 0.5
"""Of a core, for one camera."""

LARGE_PIXELS = 1920 * 1200

FAILED = 3
"""The exit status of the process that looks at a stream when it says in words why it cannot."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What was seen in some seconds."""

    codec: str
    profile: str
    width: int
    height: int
    seconds: float
    frames: int
    damaged: int
    frames_per_second: float
    """By the stream's own clock where it has one."""
    bits_per_second: float
    key_frames: int
    key_frame_frames: int | None
    """Frames from one key frame to the next, the most that was seen; None: there were not two."""
    key_frame_seconds: float | None
    reordered: bool
    """Whether pictures are sent in another order than shown (B-frames)."""
    open_seconds: float
    first_seconds: float
    """From the opening to the first picture."""
    decode_milliseconds: float
    """CPU of one frame, with one thread."""


def advice(report: ProbeReport) -> Iterator[str]:
    """What to set, for people."""
    if report.damaged:
        yield f"{report.damaged} damaged frames: use --transport tcp, or a better network"
    far = report.key_frame_seconds is None and report.seconds > LONG_KEY_SECONDS
    if report.codec not in {"mjpeg", "jpeg"} and (
        far or (report.key_frame_seconds or 0.0) > LONG_KEY_SECONDS
    ):
        yield (
            "a key frame (I-frame, GOP) each 1 to 2 s in the camera: it takes so long until the "
            "first picture, and after each loss"
        )
    if report.reordered:
        yield "no B-frames in the camera: each delays all pictures by one"
    if report.width * report.height > LARGE_PIXELS:
        yield "the camera's second, smaller stream, or --resize: models see less than this"
    share = report.decode_milliseconds * report.frames_per_second / 1000
    if share > SLOW_DECODE_SHARE:
        yield (
            f"a lower rate or size in the camera, or --hardware auto: decoding all frames takes "
            f"{share:.0%} of a core"
        )
