"""Packets of a live stream between the thread that takes them from the network and the one that
decodes them."""

import threading
import time
from collections import deque
from typing import Generic, Protocol, TypeVar

MAX_PACKETS = 1024
MAX_BYTES = 64 * 1024 * 1024
"""A key frame of the largest cameras has 4 MB."""

LATE_SECONDS = 0.5
"""A decoder that is so far behind will not catch up by itself in time."""


class AnyPacket(Protocol):
    """What is asked of a packet here."""

    @property
    def is_keyframe(self) -> bool: ...
    @property
    def size(self) -> int: ...


P = TypeVar("P", bound=AnyPacket)


class PacketQueue(Generic[P]):
    """Never makes the network wait. A decoder that falls behind goes on at the newest key frame."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._packets: deque[tuple[P, float]] = deque()
        self._bytes = 0
        self._end: Exception | None = None
        self._needs_key = False
        """Whether packets are left out up to the next key frame."""
        self.skipped = 0
        """Packets that nobody will decode."""

    def put(self, packet: P) -> None:
        with self._changed:
            now = time.monotonic()
            if packet.is_keyframe:
                self._needs_key = False
            if self._needs_key:
                self.skipped += 1
                return
            self._packets.append((packet, now))
            self._bytes += packet.size
            if self._is_late(now):
                self._skip_to_key_frame()
            self._changed.notify()

    def end(self, error: Exception) -> None:
        """There are no more packets, for this reason."""
        with self._changed:
            self._end = error
            self._changed.notify()

    def get(self) -> P:
        """The next packet; blocks.

        Raises:
            Exception: what `end` was called with, after the last packet.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._packets or self._end is not None)
            if not self._packets:
                raise self._end or RuntimeError("no packet and no end")
            packet, _ = self._packets.popleft()
            self._bytes -= packet.size
            return packet

    def _is_late(self, now: float) -> bool:
        waited = now - self._packets[0][1]
        return waited > LATE_SECONDS or len(self._packets) > MAX_PACKETS or self._bytes > MAX_BYTES

    def _skip_to_key_frame(self) -> None:
        """Leave out what is before the newest key frame; without one, all up to the next."""
        kept: deque[tuple[P, float]] = deque()
        for entry in reversed(self._packets):
            kept.appendleft(entry)
            if entry[0].is_keyframe:
                break
        else:
            kept.clear()
            self._needs_key = True
        if len(kept) == len(self._packets):
            # It begins with the only key frame there is: the decoder goes on, and is late, for as
            # long as the bounds allow.
            if len(kept) <= MAX_PACKETS and self._bytes <= MAX_BYTES:
                return
            kept.clear()
            self._needs_key = True
        self.skipped += len(self._packets) - len(kept)
        self._packets = kept
        self._bytes = sum(packet.size for packet, _ in kept)
