"""Reads one source, and gives its frames to whoever started this process, one for each wish."""

import os
import socket
import threading
import time
from dataclasses import replace

from framemesh.core.errors import FramemeshError
from framemesh.sources.child.mailbox import Mailbox, Numbered
from framemesh.sources.encoding import NotEncodable
from framemesh.sources.errors import SourceFailed, SourceTimedOut, SourceUnreadable
from framemesh.sources.locations import shown
from framemesh.sources.messages import (
    Alive,
    Ended,
    EndKind,
    SourceFrame,
    SourceMessage,
    UnreadableFrame,
)
from framemesh.sources.motion import MotionGate
from framemesh.sources.readers.open_reader import open_reader
from framemesh.sources.readers.picture import Picture, Reader
from framemesh.sources.readers.pixels import pixels_of, to_send
from framemesh.sources.secrets import scrubbed
from framemesh.sources.spec import SourceSpec
from framemesh.sources.wire import HEADER, decode_spec, encode, wished_quality

ALIVE_SECONDS = 0.5
"""Between two signs of life."""

GRACE_SECONDS = 1.0
"""By which a reader may tell itself, and in better words, that its source stalls."""


def serve(channel: socket.socket) -> None:
    """Until the source ends, or nobody listens any more."""
    spec = _receive_spec(channel)
    server = Server(spec, channel)
    threading.Thread(target=server.listen, name="wishes", daemon=True).start()
    threading.Thread(target=server.read, name="read", daemon=True).start()
    server.give()


class Server:
    """Three threads share a mailbox: one reads the source, one takes wishes, one gives frames."""

    def __init__(self, spec: SourceSpec, channel: socket.socket) -> None:
        self._spec = spec
        self._channel = channel
        self._mailbox = Mailbox()
        self._reader: Reader | None = None
        self._quality = 1.0
        """What that of JPEGs is multiplied by, as the last wish says."""
        self._motion = MotionGate(spec.motion)
        self._filtered = 0
        self._told_open = False
        self._began: float | None = None
        """The moment of the first frame of a video that is given in real time."""
        self._last_seconds = 0.0

    def listen(self) -> None:
        """Take wishes. When whoever started this process is gone, it ends at once."""
        try:
            while wishes := self._channel.recv(4096):
                with self._mailbox.changed:
                    self._mailbox.wanted += len(wishes)
                    self._quality = wished_quality(wishes)
                    self._mailbox.changed.notify_all()
        except OSError:
            pass
        os._exit(0)

    def read(self) -> None:
        """Read the source to its end."""
        try:
            while True:
                shortfall = self._read_once()
                if not self._spec.loop:
                    self._mailbox.end(Ended(EndKind.END, shortfall=shortfall))
                    return
        except SourceTimedOut as error:
            self._fail(EndKind.TIMEOUT, error, permanent=False)
        except FramemeshError as error:
            self._fail(EndKind.ERROR, error, permanent=isinstance(error, SourceUnreadable))
        except Exception as error:  # noqa: BLE001  whoever started this process tells it
            self._fail(EndKind.ERROR, error, permanent=False)

    def give(self) -> None:
        """Send frames as they are wanted, and everything else at once."""
        mailbox = self._mailbox
        while True:
            with mailbox.changed:
                mailbox.changed.wait_for(self._has_news, self._pause())
                numbered, messages = self._next()
            if numbered is not None:
                messages.append(self._frame(numbered))
            for message in messages:
                if message is not None:
                    self._channel.sendall(encode(message))
                if isinstance(message, Ended):
                    return

    def _read_once(self) -> str:
        """From its beginning to its end; returns what it did not give of what it declares."""
        reader = open_reader(self._spec)
        try:
            self._reader = reader
            if self._mailbox.opened is None:
                self._mailbox.open(reader.opened)
            given, size = 0, None
            for item in reader.items():
                given += 1
                size = self._checked_size(reader, item, size)
                self._mailbox.put(item, self._spec.every)
            if not given:
                raise SourceUnreadable(f"{shown(self._spec)} holds no frames")
            return reader.shortfall
        finally:
            reader.close()

    def _checked_size(
        self, reader: Reader, item: Picture | UnreadableFrame, size: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        """
        Raises:
            SourceFailed: the pictures of a camera have another size all at once. It is opened
                anew: nothing that was set up for the old one is right for the new one.
        """
        if isinstance(item, UnreadableFrame) or item.size is None or not reader.opened.live:
            return size
        if size is not None and item.size != size:
            before, after = ("{}x{}".format(*each) for each in (size, item.size))
            raise SourceFailed(f"{shown(self._spec)} changed its pictures from {before} to {after}")
        return item.size

    def _fail(self, kind: EndKind, error: Exception, *, permanent: bool) -> None:
        expected = isinstance(error, FramemeshError)
        said = str(error) if expected else f"{shown(self._spec)}: {error!r}"
        self._mailbox.end(Ended(kind, scrubbed(said, self._spec.password), permanent))

    # Under the lock of the mailbox.

    def _has_news(self) -> bool:
        mailbox = self._mailbox
        return (
            (mailbox.opened is not None and not self._told_open)
            or bool(mailbox.unreadable)
            or self._is_due
            or mailbox.is_over
        )

    @property
    def _is_due(self) -> bool:
        mailbox = self._mailbox
        return bool(mailbox.wanted and mailbox.first is not None) and self._early_seconds <= 0

    @property
    def _early_seconds(self) -> float:
        """Until the time of the next frame of a video comes; 0 or less: now."""
        first = self._mailbox.first
        if not self._spec.realtime or first is None or first.seconds is None:
            return 0.0
        if self._began is None or first.seconds < self._last_seconds:
            # The first one, and that of each repetition.
            self._began = time.monotonic() - first.seconds
        return self._began + first.seconds - time.monotonic()

    def _pause(self) -> float:
        early = self._early_seconds if self._mailbox.wanted else 0.0
        return min(ALIVE_SECONDS, early) if early > 0 else ALIVE_SECONDS

    def _next(self) -> tuple[Numbered | None, list[SourceMessage | None]]:
        mailbox = self._mailbox
        messages: list[SourceMessage | None] = []
        if mailbox.opened is not None and not self._told_open:
            self._told_open = True
            messages.append(mailbox.opened)
        while mailbox.unreadable:
            messages.append(mailbox.unreadable.popleft())
            mailbox.changed.notify_all()
        numbered = mailbox.take() if self._is_due else None
        messages.append(self._alive())
        if numbered is None:
            messages.append(self._end())
        return numbered, messages

    def _alive(self) -> Alive:
        mailbox = self._mailbox
        return Alive(
            received=mailbox.received,
            skipped=mailbox.skipped,
            filtered=self._filtered,
            damaged=self._reader.damaged if self._reader else 0,
            quiet_seconds=mailbox.quiet_seconds,
        )

    def _end(self) -> Ended | None:
        mailbox, spec = self._mailbox, self._spec
        if mailbox.is_over:
            return mailbox.ended
        if mailbox.opened is None:
            has_limit = spec.kind.may_hang
            limit, words = spec.open_seconds, "did not answer within"
        else:
            has_limit = mailbox.opened.live
            limit, words = spec.stall_seconds, "sent no picture for"
            if not mailbox.received:
                limit = max(limit, spec.open_seconds)
        if has_limit and mailbox.quiet_seconds > limit + GRACE_SECONDS:
            return Ended(EndKind.TIMEOUT, f"{shown(spec)} {words} {limit:g} s")
        return None

    # Without it.

    def _frame(self, numbered: Numbered) -> SourceMessage | None:
        """A frame as it is sent; None: nothing moved in it."""
        picture = numbered.picture
        if picture.seconds is not None:
            self._last_seconds = picture.seconds
        try:
            if self._spec.motion and not self._moves(picture):
                self._filtered += 1
                return None
            encoding = self._spec.encoding.lowered(self._quality)
            image, is_original = to_send(picture, replace(self._spec, encoding=encoding))
        except NotEncodable as error:
            return UnreadableFrame(f"{picture.name}: {error}")
        with self._mailbox.changed:
            self._mailbox.wanted -= 1
        return SourceFrame(
            numbered.number,
            picture.name,
            image,
            picture.captured(),
            is_original,
            picture.progress,
        )

    def _moves(self, picture: Picture) -> bool:
        pixels = pixels_of(picture)
        return pixels is None or self._motion.passes(pixels)


def _receive_spec(channel: socket.socket) -> SourceSpec:
    length, _ = HEADER.unpack(_exactly(channel, HEADER.size))
    return decode_spec(_exactly(channel, length))


def _exactly(channel: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        part = channel.recv(length - len(found))
        if not part:
            os._exit(0)
        found += part
    return bytes(found)
