"""Opens what FFmpeg reads."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import av
import av.container
import av.error
from av.codec.hwaccel import HWAccel, hwdevices_available

from framemesh.sources.locations import with_credentials
from framemesh.sources.readers.av_words import opening_error
from framemesh.sources.spec import Hardware, Kind, SourceSpec

ANALYSIS_MICROSECONDS = 1_500_000
"""How much of a live stream is looked at before it is open. Enough for a rate; what is told by the
camera takes no time at all."""

SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
"""Of RTP over UDP: a key frame comes as a burst."""


def open_container(spec: SourceSpec) -> av.container.InputContainer:
    """
    Raises:
        SourceFailed, SourceTimedOut, SourceUnreadable: in words.
    """
    failure: BaseException | None = None
    began = time.monotonic()
    attempts = [(options, device) for options in _attempts(spec) for device in _hardware(spec)]
    for options, device in attempts:
        try:
            return _open(spec, options, device)
        except (av.error.FFmpegError, OSError, ValueError, RuntimeError) as error:
            failure = error
    if failure is None:
        raise RuntimeError("nothing was tried")
    raise opening_error(spec, failure, time.monotonic() - began) from None


def _open(
    spec: SourceSpec, options: Mapping[str, str], hardware: HWAccel | None
) -> av.container.InputContainer:
    seconds = spec.open_seconds, spec.stall_seconds
    has_timeouts = spec.kind not in {Kind.FILE, Kind.STDIN}
    return av.open(
        _place(spec),
        "r",
        format=_format(spec),
        options=dict(options),
        timeout=seconds if has_timeouts else None,
        hwaccel=hardware,
        metadata_errors="replace",
    )


def _place(spec: SourceSpec) -> str:
    match spec.kind:
        case Kind.FILE:
            # FFmpeg takes what is before a colon, as in 2024-05-01T12:30:00.mp4, for a protocol.
            return str(Path(spec.place).absolute())
        case Kind.STDIN:
            return "pipe:0"
        case Kind.WEBCAM:
            return f"/dev/video{spec.place}" if spec.place.isdecimal() else spec.place
        case _:
            return with_credentials(spec)


def _format(spec: SourceSpec) -> str | None:
    return "v4l2" if spec.kind is Kind.WEBCAM else spec.format or None


def _attempts(spec: SourceSpec) -> Iterator[Mapping[str, str]]:
    """The options to try, one after another."""
    if spec.kind is Kind.WEBCAM:
        wanted = {}
        if spec.webcam_size:
            wanted["video_size"] = "{}x{}".format(*spec.webcam_size)
        if spec.webcam_fps:
            wanted["framerate"] = f"{spec.webcam_fps:g}"
        # JPEGs go through as they are, and at rates that raw pictures have no room for on USB.
        yield {"input_format": "mjpeg", **wanted}
        yield wanted
    elif spec.kind is Kind.STREAM:
        yield _of_stream(spec)
    else:
        yield {}


def _of_stream(spec: SourceSpec) -> Mapping[str, str]:
    options = {"analyzeduration": str(ANALYSIS_MICROSECONDS)}
    if spec.place.startswith(("rtsp:", "rtsps:")):
        options |= {
            "rtsp_transport": str(spec.transport),
            "allowed_media_types": "video",
            "timeout": str(round(spec.stall_seconds * 1e6)),
            "buffer_size": str(SOCKET_BUFFER_BYTES),
        }
    return options


def _hardware(spec: SourceSpec) -> Iterator[HWAccel | None]:
    if spec.hardware is Hardware.AUTO:
        known = set(hwdevices_available())
        for name in (Hardware.CUDA, Hardware.VAAPI):
            if name in known:
                yield HWAccel(str(name), allow_software_fallback=True)
        yield None
    elif spec.hardware is Hardware.NONE:
        yield None
    else:
        yield HWAccel(str(spec.hardware), allow_software_fallback=False)
