"""Live streams: drained all the time, stamped by their own clock, and decoded to the newest."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial

import av
import av.error
from av.video.frame import VideoFrame

from framemesh.sources.errors import SourceFailed
from framemesh.sources.messages import Opened
from framemesh.sources.readers.av_words import reading_error
from framemesh.sources.readers.packet_queue import PacketQueue
from framemesh.sources.readers.picture import Picture
from framemesh.sources.readers.stream_clock import StreamClock
from framemesh.sources.readers.video_input import VideoInput, VideoPacket, seconds_of, upright

REMEMBERED_ARRIVALS = 256
"""Packets on their way through the decoder: sixteen at most, by the standards."""


class LiveVideo:
    """A camera. One thread takes packets from it, whatever happens to them; `items` decodes."""

    shortfall = ""

    def __init__(self, source: VideoInput) -> None:
        self._source = source
        source.stream.thread_type = "SLICE"
        self._clock = StreamClock()
        self._queue: PacketQueue[VideoPacket] = PacketQueue()
        self._arrivals: OrderedDict[int, int] = OrderedDict()
        """Presentation time of packets, and when they arrived in Unix nanoseconds."""
        self._last_good = time.monotonic()
        self.damaged = 0

    @property
    def opened(self) -> Opened:
        return self._source.opened(None)

    def items(self) -> Iterator[Picture]:
        """
        Raises:
            SourceFailed, SourceTimedOut: there are no more.
        """
        self._last_good = time.monotonic()
        threading.Thread(target=self._drain, name="drain", daemon=True).start()
        number = 0
        while True:
            for picture in self._pictures(self._queue.get()):
                number += 1
                picture.name = f"{self._source.name} frame {number}"
                self._last_good = time.monotonic()
                yield picture
            self._check_garbage()

    def close(self) -> None:
        """The process of the source ends, and with it what is open: a container must not be closed
        while another thread reads it."""

    def _drain(self) -> None:
        try:
            for packet in self._source.container.demux(self._source.stream):
                if packet.size:
                    self._arrived(packet, time.time_ns())
            error = reading_error(self._source.spec, av.error.EOFError(0, "the end"))
        except (av.error.FFmpegError, OSError) as failure:
            error = reading_error(self._source.spec, failure)
        except Exception as failure:  # noqa: BLE001  the thread that decodes tells it
            error = failure
        self._queue.end(error)

    def _arrived(self, packet: VideoPacket, now: int) -> None:
        if packet.pts is not None:
            self._arrivals[packet.pts] = now
            if len(self._arrivals) > REMEMBERED_ARRIVALS:
                self._arrivals.popitem(last=False)
        # Pictures that refer to later ones are sent after these: only the order of decoding is
        # that of arriving.
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is not None and packet.time_base:
            self._clock.arrived(float(stamp * packet.time_base), now)
        self._queue.put(packet)

    def _pictures(self, packet: VideoPacket) -> Iterator[Picture]:
        arrived = time.time_ns() if packet.pts is None else self._arrival(packet.pts)
        if (jpeg := self._source.jpeg(packet)) is not None:
            yield self._stamped(Picture("", encoded=jpeg), seconds_of(packet), arrived)
            return
        for frame in self._decoded(packet):
            if frame.is_corrupt:
                self.damaged += 1
                continue
            picture = Picture("", decode=partial(upright, frame))
            picture.size = frame.width, frame.height
            arrived = self._arrival(frame.pts) if frame.pts is not None else arrived
            yield self._stamped(picture, seconds_of(frame), arrived)

    def _arrival(self, pts: int) -> int:
        return self._arrivals.get(pts) or time.time_ns()

    def _stamped(self, picture: Picture, seconds: float | None, arrived: int) -> Picture:
        if seconds is None:
            picture.captured = lambda: arrived
        else:
            picture.captured = partial(self._clock.captured, seconds, arrived)
        return picture

    def _decoded(self, packet: VideoPacket) -> list[VideoFrame]:
        try:
            return packet.decode()
        except av.error.FFmpegError:
            self.damaged += 1
            return []

    def _check_garbage(self) -> None:
        """
        Raises:
            SourceFailed: packets come, and no picture.
        """
        spec = self._source.spec
        if time.monotonic() - self._last_good > max(spec.open_seconds, spec.stall_seconds):
            raise SourceFailed(
                f"{self._source.name} sends, but for {spec.stall_seconds:g} s nothing that can be "
                f"decoded ({self.damaged} damaged frames): it has no key frame, or is garbage"
            )
