"""Videos: everything readable is read, and what is missing is said."""

from collections.abc import Iterator
from functools import partial

import av
import av.error
from av.video.frame import VideoFrame

from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.messages import Opened
from framemesh.sources.readers.av_words import reading_error
from framemesh.sources.readers.picture import Picture
from framemesh.sources.readers.video_input import VideoInput, VideoPacket, seconds_of, upright
from framemesh.sources.spec import SourceSpec

MAX_BROKEN_READS = 1000
"""In a row: a damaged container is read on behind the damage, and one that has no end is left."""

MISSING_SECONDS = 1.0
"""By which a video may end before the end that it declares: containers round, and sound goes on."""


class VideoFile:
    """A video, or a stream with an end, from `start_seconds` to its end."""

    def __init__(self, source: VideoInput) -> None:
        self._source = source
        self._spec: SourceSpec = source.spec
        stream = source.stream
        # Frames of several threads come later, which only matters where somebody waits for them.
        stream.thread_type = "AUTO"
        self._declared = stream.frames
        self._delivered = 0
        self._hidden = 0
        """Frames that the container says are not to be shown, and those before the start."""
        self._last_seconds: float | None = None
        self.damaged = 0

    @property
    def opened(self) -> Opened:
        length = self._declared or None
        return self._source.opened(None if self._spec.start_seconds else length)

    @property
    def shortfall(self) -> str:
        found = self._delivered + self._hidden
        if self._declared and found < self._declared:
            return (
                f"{self._source.name} declares {self._declared} frames, and only {found} of them "
                "can be read: the file is damaged or cut off"
            )
        missing = self._missing_seconds
        if not self._declared and missing > MISSING_SECONDS:
            return (
                f"{self._source.name} ends {missing:.1f} s before the end that it declares: the "
                "file is damaged or cut off"
            )
        if self.damaged:
            return f"{self._source.name} has {self.damaged} frames that cannot be decoded"
        return ""

    def items(self) -> Iterator[Picture]:
        """
        Raises:
            SourceFailed, SourceTimedOut: of a file that is far away.
            SourceUnreadable: not one frame can be read.
        """
        self._seek()
        for packet in self._packets():
            if (jpeg := self._source.jpeg(packet)) is not None:
                yield from self._shown(seconds_of(packet), Picture("", encoded=jpeg))
                continue
            if packet.is_discard:
                self._hidden += 1
            for frame in self._decoded(packet):
                picture = Picture("", decode=partial(upright, frame))
                picture.size = frame.width, frame.height
                yield from self._shown(seconds_of(frame), picture)
        if not self._delivered and not self._spec.start_seconds:
            raise SourceUnreadable(f"{self._source.name} has no frame that can be decoded")

    def close(self) -> None:
        self._source.close()

    def _shown(self, seconds: float | None, picture: Picture) -> Iterator[Picture]:
        if seconds is not None:
            seconds -= self._begin
            if seconds < self._spec.start_seconds - 1e-3:
                self._hidden += 1
                return
            self._last_seconds = seconds
        self._delivered += 1
        picture.name = f"{self._source.name} frame {self._delivered}"
        picture.seconds = seconds
        picture.progress = self._progress(seconds)
        yield picture

    def _decoded(self, packet: VideoPacket) -> list[VideoFrame]:
        try:
            return packet.decode()
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self.damaged += 1
            return []

    def _packets(self) -> Iterator[VideoPacket]:
        """All that can be read, also behind damage."""
        broken = 0
        while True:
            try:
                for packet in self._source.container.demux(self._source.stream):
                    broken = 0
                    yield packet
            except (av.error.ExitError, OSError) as error:
                raise reading_error(self._spec, error) from None
            except av.error.FFmpegError:
                self.damaged += 1
                broken += 1
                if broken < MAX_BROKEN_READS:
                    continue
            return

    def _seek(self) -> None:
        start = self._spec.start_seconds
        if not start:
            return
        try:
            self._source.container.seek(round((start + self._begin) * av.time_base))
        except av.error.FFmpegError as error:
            raise reading_error(self._spec, error) from None
        # How many frames are before it is not known without reading them.
        self._declared = 0

    @property
    def _begin(self) -> float:
        stream = self._source.stream
        if stream.start_time is None or not stream.time_base:
            return 0.0
        return float(stream.start_time * stream.time_base)

    @property
    def _seconds(self) -> float | None:
        """Its length as far as it declares one."""
        stream = self._source.stream
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        duration = self._source.container.duration
        return duration / av.time_base if duration else None

    @property
    def _missing_seconds(self) -> float:
        if self._seconds is None or self._last_seconds is None:
            return 0.0
        return self._seconds - self._last_seconds

    def _progress(self, seconds: float | None) -> float | None:
        if self._declared:
            return min(1.0, self._delivered / self._declared)
        if seconds is None or not self._seconds:
            return None
        return min(1.0, max(0.0, seconds / self._seconds))
