"""What one camera has offered and what is still unanswered. No I/O, no clock, no lock."""

import sys
from collections import deque
from collections.abc import Iterable

from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.credit import Cost, Credit
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.spool import Spool

try:
    from isal.isal_zlib import crc32
except ImportError:
    # There is no build of isal for this machine. The same digest takes four times as long.
    from zlib import crc32


class CameraSession:
    """One run of a camera, over as many streams as it takes.

    A frame is offered, waits in the spool, is sent on the stream that is open, and is kept until it
    is acknowledged. What a broken stream left unanswered is sent again on the next one, in order
    and under the same numbers; ingest knows them and stores none twice. A frame that was sent may
    be stored, so only one that never was may be dropped: numbers ascend on every stream, and those
    of dropped frames are left out.
    """

    def __init__(self, session_id: str, spool: Credit | None = None) -> None:
        """`spool` bounds what waits unsent, and the oldest of that makes room for every new frame.
        Without it a frame is admitted only where credit is left, which bounds all that is kept."""
        self.id = session_id
        self.is_open = False
        """Whether a stream is there to send on."""
        self.closing = False
        """No further frame will be offered."""
        self._credit: Credit | None = None
        self._max_frame_bytes = sys.maxsize
        self._drops = spool is not None
        self._spool = Spool(spool)
        self._sent: dict[int, OfferedFrame] = {}
        """On this stream or on one before, and unanswered."""
        self._again: deque[int] = deque()
        """Those of them that this stream has yet to carry."""
        self._under_way = Cost()
        """Of those that it has carried."""
        self._kept = Cost()
        """Of all of them."""
        self._offered = self._accepted = self._rejected = 0
        self._untold: list[FrameRejected] = []

    @property
    def counts(self) -> Counts:
        return Counts(
            self._offered, self._accepted, self._rejected, self._spool.dropped, self.unacknowledged
        )

    @property
    def unacknowledged(self) -> int:
        return len(self._sent) + len(self._spool)

    @property
    def all_sent(self) -> bool:
        return not self._again and not self._spool

    @property
    def connected_once(self) -> bool:
        """Whether there was ever a stream, and so a credit."""
        return self._credit is not None

    def opened(self, credit: Credit, max_frame_bytes: int) -> None:
        """A stream is open, with a credit of its own; everything unanswered goes on it again."""
        self.is_open = True
        self._credit, self._max_frame_bytes = credit, max_frame_bytes
        self._spool.limit(max_frame_bytes)
        self._sent = {n: frame.within(max_frame_bytes) for n, frame in self._sent.items()}
        self._kept, self._under_way = Cost.of(self._sent.values()), Cost()
        self._again = deque(self._sent)

    def broken(self) -> None:
        """The stream is gone. Frames may still be offered, up to the credit that it had."""
        self.is_open = False

    def admits(self, size: int) -> bool:
        """Whether a frame with an image of `size` bytes may be offered now."""
        if self._drops:
            return True
        if self._credit is None:
            return False
        kept = self._kept + self._spool.cost
        return kept.leaves_room(self._credit, size if size <= self._max_frame_bytes else 0)

    def offer(self, image: bytes, captured_unix_nano: int) -> int:
        """Take a frame that `admits` let in, under the next number; returns that number."""
        self._offered += 1
        frame = OfferedFrame(self._offered, captured_unix_nano, image, crc32(image))
        self._spool.put(frame.within(self._max_frame_bytes))
        return frame.sequence

    def next_to_send(self) -> OfferedFrame | None:
        """The next frame for the open stream; None while there is none, or no credit for it."""
        frame = self._sent[self._again[0]] if self._again else self._spool.oldest
        if not self.is_open or self._credit is None or frame is None:
            return None
        if not self._under_way.leaves_room(self._credit, len(frame.image)):
            return None
        if self._again:
            self._again.popleft()
        else:
            self._sent[frame.sequence] = self._spool.take()
            self._kept.add(frame)
        self._under_way.add(frame)
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
        not_sent = self._again and sequence >= self._again[0]
        if not_sent or (frame := self._sent.pop(sequence, None)) is None:
            return False
        self._kept.remove(frame)
        self._under_way.remove(frame)
        return True
