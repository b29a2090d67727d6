"""What one camera has offered and what is still unanswered. No I/O, no clock, no lock."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from framemesh.sdk.counts import Counts
from framemesh.sdk.rejections import FrameRejected


@dataclass(frozen=True, slots=True)
class Credit:
    """What may be under way without an acknowledgement."""

    frames: int
    bytes: int


@dataclass(frozen=True, slots=True)
class OfferedFrame:
    """A frame with its number, kept until ingest answers it."""

    sequence: int
    captured_unix_nano: int
    image: bytes
    withheld_bytes: int = 0
    """Size of an image that is larger than ingest takes, and so stays here."""

    def within(self, max_frame_bytes: int) -> "OfferedFrame":
        """This frame, without its image if that is too large."""
        if len(self.image) <= max_frame_bytes:
            return self
        return replace(self, image=b"", withheld_bytes=len(self.image))


@dataclass(slots=True)
class Underway:
    """The cost of some frames, against a credit."""

    frames: int = 0
    bytes: int = 0

    def add(self, frame: OfferedFrame) -> None:
        self.frames += 1
        self.bytes += len(frame.image)

    def remove(self, frame: OfferedFrame) -> None:
        self.frames -= 1
        self.bytes -= len(frame.image)

    def leaves_room(self, credit: Credit, size: int) -> bool:
        """Whether a frame of `size` bytes may join. One may always go alone, whatever its size:
        a credit that is smaller than a frame would stop the camera for ever."""
        if not self.frames:
            return True
        return self.frames < credit.frames and self.bytes + size <= credit.bytes


class Session:
    """One run of a camera, over as many streams as it takes.

    A frame is offered, sent on the stream that is open, and kept until it is acknowledged. What a
    broken stream left unanswered is sent again on the next one, in order and under the same
    numbers; ingest knows them and stores none twice. `credit` bounds what is kept.
    """

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.is_open = False
        """Whether a stream is there to send on."""
        self.closing = False
        """No further frame will be offered."""
        self._credit: Credit | None = None
        self._max_frame_bytes = 0
        self._unacknowledged: dict[int, OfferedFrame] = {}
        self._kept = Underway()
        self._unsent: deque[int] = deque()
        self._sent = Underway()
        self._offered = self._accepted = self._rejected = 0
        self._untold: list[FrameRejected] = []

    @property
    def counts(self) -> Counts:
        return Counts(self._offered, self._accepted, self._rejected, len(self._unacknowledged))

    @property
    def unacknowledged(self) -> int:
        return len(self._unacknowledged)

    @property
    def all_sent(self) -> bool:
        return not self._unsent

    def opened(self, credit: Credit, max_frame_bytes: int) -> None:
        """A stream is open, with a credit of its own; everything unanswered goes on it again."""
        self.is_open = True
        self._credit, self._max_frame_bytes = credit, max_frame_bytes
        self._kept, self._sent = Underway(), Underway()
        for sequence, frame in self._unacknowledged.items():
            self._unacknowledged[sequence] = frame.within(max_frame_bytes)
            self._kept.add(self._unacknowledged[sequence])
        self._unsent = deque(self._unacknowledged)

    def broken(self) -> None:
        """The stream is gone. Frames may still be offered, up to the credit that it had."""
        self.is_open = False

    def admits(self, size: int) -> bool:
        """Whether a frame with an image of `size` bytes may be offered now."""
        if self._credit is None:
            return False
        return self._kept.leaves_room(self._credit, size if size <= self._max_frame_bytes else 0)

    def offer(self, image: bytes, captured_unix_nano: int) -> int:
        """Take a frame that `admits` let in, under the next number; returns that number."""
        self._offered += 1
        frame = OfferedFrame(self._offered, captured_unix_nano, image).within(self._max_frame_bytes)
        self._unacknowledged[frame.sequence] = frame
        self._kept.add(frame)
        self._unsent.append(frame.sequence)
        return frame.sequence

    def next_to_send(self) -> OfferedFrame | None:
        """The next frame for the open stream; None while there is none, or no credit for it."""
        if not self.is_open or self._credit is None or not self._unsent:
            return None
        frame = self._unacknowledged[self._unsent[0]]
        if not self._sent.leaves_room(self._credit, len(frame.image)):
            return None
        self._unsent.popleft()
        self._sent.add(frame)
        return frame

    def acknowledged(self, accepted: Iterable[int], rejected: Iterable[FrameRejected]) -> None:
        """Ingest answered frames that were sent on this stream.

        An answer to a frame that has one, or was not sent, is of no account: nothing is counted
        twice.
        """
        for sequence in accepted:
            self._accepted += self._settle(sequence)
        for one in rejected:
            if self._settle(one.sequence):
                self._rejected += 1
                self._untold.append(one)

    def take_rejected(self) -> list[FrameRejected]:
        """The rejections since the last call."""
        untold, self._untold = self._untold, []
        return untold

    def _settle(self, sequence: int) -> bool:
        not_sent = self._unsent and sequence >= self._unsent[0]
        if not_sent or (frame := self._unacknowledged.pop(sequence, None)) is None:
            return False
        self._kept.remove(frame)
        self._sent.remove(frame)
        return True
