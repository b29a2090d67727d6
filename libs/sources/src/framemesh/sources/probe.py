"""`python -m framemesh.sources.probe`: looks at one stream. The specification comes on standard
input, with the seconds in its first line; the report goes to standard output, both as JSON."""

import json
import os
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field

import av.error

from framemesh.core.errors import FramemeshError
from framemesh.sources.errors import SourceFailed
from framemesh.sources.locations import shown
from framemesh.sources.probing import FAILED, ProbeReport
from framemesh.sources.readers.av_words import reading_error
from framemesh.sources.readers.video_input import VideoInput, VideoPacket, seconds_of
from framemesh.sources.secrets import scrubbed
from framemesh.sources.spec import SourceSpec
from framemesh.sources.wire import decode_spec


@dataclass(slots=True)
class _Seen:
    """What the packets told so far."""

    frames: int = 0
    bytes: int = 0
    damaged: int = 0
    decoded: int = 0
    decode_seconds: float = 0.0
    key_frames: int = 0
    reordered: bool = False
    first_seconds: float = 0.0
    since_key: int | None = None
    gaps: deque[int] = field(default_factory=lambda: deque(maxlen=64))
    """Frames between key frames."""
    times: deque[float] = field(default_factory=lambda: deque(maxlen=4096))

    @property
    def rate(self) -> float | None:
        """Frames a second by the stream's clock."""
        if len(self.times) < 2:
            return None
        ordered = sorted(self.times)
        span = ordered[-1] - ordered[0]
        return (len(ordered) - 1) / span if span > 0 else None


def look(spec: SourceSpec, seconds: float) -> ProbeReport:
    """
    Raises:
        SourceFailed, SourceTimedOut, SourceUnreadable: it cannot be read.
    """
    began = time.monotonic()
    source = VideoInput(spec)
    opened = time.monotonic()
    source.stream.codec_context.thread_count = 1
    seen = _Seen()
    try:
        for packet in source.container.demux(source.stream):
            if packet.size:
                _see(seen, packet, opened)
            if time.monotonic() - opened >= seconds:
                break
    except (av.error.FFmpegError, OSError) as error:
        if not seen.frames:
            raise reading_error(spec, error) from None
    if not seen.frames:
        raise SourceFailed(f"{shown(spec)} sent no picture")
    return _report(source, seen, opened - began, time.monotonic() - opened)


def _see(seen: _Seen, packet: VideoPacket, opened: float) -> None:
    seen.frames += 1
    seen.bytes += packet.size
    seen.reordered |= packet.pts is not None and packet.pts != packet.dts and seen.frames > 1
    if (at := seconds_of(packet)) is not None:
        seen.times.append(at)
    if packet.is_keyframe:
        seen.key_frames += 1
        if seen.since_key is not None:
            seen.gaps.append(seen.since_key)
        seen.since_key = 0
    if seen.since_key is not None:
        seen.since_key += 1
    _decode(seen, packet, opened)


def _decode(seen: _Seen, packet: VideoPacket, opened: float) -> None:
    began = time.thread_time()
    try:
        frames = packet.decode()
    except av.error.FFmpegError:
        seen.damaged += 1
        return
    seen.decode_seconds += time.thread_time() - began
    if frames and not seen.decoded:
        seen.first_seconds = time.monotonic() - opened
    seen.decoded += len(frames)


def _report(source: VideoInput, seen: _Seen, open_seconds: float, seconds: float) -> ProbeReport:
    rate = seen.rate or seen.frames / seconds
    gap = max(seen.gaps, default=None)
    context = source.stream.codec_context
    return ProbeReport(
        codec=context.name,
        profile=context.profile or "",
        width=context.width,
        height=context.height,
        seconds=seconds,
        frames=seen.frames,
        damaged=seen.damaged,
        frames_per_second=rate,
        bits_per_second=seen.bytes * 8 * rate / seen.frames,
        key_frames=seen.key_frames,
        key_frame_frames=gap,
        key_frame_seconds=None if gap is None else gap / rate,
        reordered=seen.reordered,
        open_seconds=open_seconds,
        first_seconds=seen.first_seconds,
        decode_milliseconds=1000 * seen.decode_seconds / max(1, seen.decoded),
    )


def main() -> None:
    seconds, text = float(sys.stdin.readline()), sys.stdin.read()
    spec = decode_spec(text.encode())
    # Of what hangs in FFmpeg: the one who asked has waited long enough.
    threading.Timer(spec.open_seconds + spec.stall_seconds + seconds, os._exit, (1,)).start()
    status = 0
    try:
        said: object = asdict(look(spec, seconds))
    except FramemeshError as error:
        said, status = scrubbed(str(error), spec.password), FAILED
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
