"""The frames of one camera: offered, sent, acknowledged, and what the credit allows."""

import sys
from collections import deque
from collections.abc import Iterable, Mapping

from framemesh.sdk.checksum import crc32
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.credit import Cost, Credit
from framemesh.sdk.session.disk.queue import DiskQueue
from framemesh.sdk.session.disk.receipt import Receipt
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened, Stored
from framemesh.sdk.session.filtered_runs import FilteredRuns
from framemesh.sdk.session.headers import NO_HEADERS
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.spool import Spool

ONE_FRAME = Credit(1, 0)


class CameraSession:
    """One run of a camera, over as many streams as it takes.

    A frame is offered, waits in the spool, is sent on the stream that is open, and is kept until it
    is acknowledged. What a broken stream left unacknowledged is sent again on the next one, in
    order and under the same numbers; ingest knows them and stores none twice. A frame that was sent
    may be stored, so only one that was never sent may be dropped: numbers ascend on every stream,
    and those of dropped frames are left out.

    With a spool on disk a frame goes there first. It comes back, in order, when it is about to be
    sent; in memory is no more than that and what is sent.
    """

    def __init__(
        self, session_id: str, spool: Credit | None = None, disk: DiskQueue | None = None
    ) -> None:
        """`spool` bounds the frames that wait unsent; the oldest are dropped for a new one. Without
        it, and without a disk, a frame is admitted only while credit is left, which bounds all
        frames together."""
        self.id = session_id
        """Empty until the spool on disk, which has it, is open."""
        self.is_open = False
        """Whether there is a stream to send on."""
        self.closing = False
        """No further frame will be offered."""
        self._credit: Credit | None = None
        self._max_frame_bytes = sys.maxsize
        self._per_message = ONE_FRAME
        self._drops = spool is not None
        self._disk = disk
        self._spool = Spool(spool)
        self._sent: dict[int, OfferedFrame] = {}
        """Sent on this stream or an earlier one, and unacknowledged, by sequence number."""
        self._to_resend: deque[int] = deque()
        """Sequence numbers in `_sent` that await retransmission on this stream."""
        self._in_flight_cost = Cost()
        """Cost of the frames that this stream carried and that are unacknowledged."""
        self._sent_cost = Cost()
        """Cost of all frames in `_sent`."""
        self._last_sequence = 0
        self._offered = self._accepted = self._rejected = self._dropped = 0
        self.accepted_bytes = 0
        self._new_rejections: list[FrameRejected] = []
        self._filtered = 0
        """Of the rejected."""
        self._runs = FilteredRuns()

    @property
    def counts(self) -> Counts:
        dropped = self._dropped + self._spool.dropped + self._runs.dropped
        answered = self._accepted + self._rejected + dropped
        return Counts(
            self._offered,
            self._accepted,
            self._rejected,
            dropped,
            self._offered - answered,
            self._filtered,
        )

    @property
    def unacknowledged(self) -> int:
        return len(self._sent) + len(self._spool) + len(self._runs) + self._on_disk

    @property
    def _on_disk(self) -> int:
        return self._disk.pending if self._disk is not None else 0

    @property
    def never_sent(self) -> Cost:
        """What waits in the spool; of one on disk the bytes of its files."""
        if self._disk is None:
            return self._spool.cost
        return Cost(self._on_disk + len(self._spool), self._disk.used_bytes)

    @property
    def fills_message(self) -> bool:
        """Whether what waits in the spool is as much as ingest takes in one message."""
        waiting, most = self.never_sent, self._per_message
        return waiting.frames >= most.frames or waiting.bytes >= most.bytes

    @property
    def oldest_unix_nano(self) -> int | None:
        """When `send` was called for the oldest frame without an answer, by the camera's clock."""
        oldest = next(iter(self._sent.values()), None) or self._spool.oldest
        if oldest is not None:
            return oldest.sent_unix_nano or oldest.captured_unix_nano
        return self._disk.oldest_unix_nano if self._disk is not None else None

    @property
    def all_sent(self) -> bool:
        return not (self._to_resend or self._spool or self._runs or self._on_disk)

    @property
    def knows_room(self) -> bool:
        """Whether `admits` can be asked: a stream was open, so that a credit is known, or the spool
        on disk is."""
        return self._credit is not None if self._disk is None else self._disk.is_open

    def opened(self, credit: Credit, max_frame_bytes: int, per_message: Credit = ONE_FRAME) -> None:
        """A stream is open, with a credit of its own; what is unacknowledged goes on it again.

        Args:
            per_message: what ingest takes in one message.
        """
        self.is_open = True
        self._per_message = per_message
        self._credit, self._max_frame_bytes = credit, max_frame_bytes
        self._spool.withhold_larger(max_frame_bytes)
        self._sent = {n: frame.within(max_frame_bytes) for n, frame in self._sent.items()}
        self._sent_cost, self._in_flight_cost = Cost.of(self._sent.values()), Cost()
        self._to_resend = deque(self._sent)

    def broken(self) -> None:
        """The stream ended. Frames may still be offered, up to the credit that it had."""
        self.is_open = False

    def admits(self, size: int) -> bool:
        """Whether a frame with an image of `size` bytes may be offered now."""
        if self._disk is not None:
            return self._disk.admits(size if size <= self._max_frame_bytes else 0)
        if self._drops:
            return True
        if self._credit is None:
            return False
        unacknowledged = self._sent_cost + self._spool.cost
        return unacknowledged.leaves_room(
            self._credit, size if size <= self._max_frame_bytes else 0
        )

    def offer(
        self,
        image: bytes,
        captured_unix_nano: int,
        headers: Mapping[str, str] = NO_HEADERS,
        sent_unix_nano: int = 0,
    ) -> Receipt:
        """Take a frame that `admits` let in, under the next number."""
        self._runs.close(self._last_sequence)
        self._offered += 1
        self._last_sequence += 1
        frame = OfferedFrame(
            self._last_sequence,
            captured_unix_nano,
            image,
            crc32(image),
            headers=headers,
            sent_unix_nano=sent_unix_nano,
        )
        frame, receipt = frame.within(self._max_frame_bytes), Receipt(frame.sequence)
        if self._disk is not None:
            self._disk.put(frame, receipt)
        else:
            receipt.stored = Stored.WAITING
            self._spool.put(frame)
        return receipt

    def withdraw(self, receipt: Receipt) -> None:
        """Whoever offered a frame does not wait for the disk: it is not taken, unless it is being
        written. Its number is not used again."""
        if self._disk is not None and self._disk.withdraw(receipt):
            self._offered -= 1

    def filtered(self, frames: int) -> None:
        """The camera's filter dropped the next `frames`."""
        self._offered += frames
        self._last_sequence += frames
        self._runs.add(frames)

    @property
    def is_filtering(self) -> bool:
        """Whether frames were filtered since the last one that was offered, or told of."""
        return self._runs.growing > 0

    def tell_filtered(self) -> None:
        """Tell ingest of frames that were filtered since the last one that was offered.

        With a spool on disk only a frame after them does that: it alone has on disk that their
        numbers are used.
        """
        if self._disk is None:
            self._runs.close(self._last_sequence)

    def end_filtered(self) -> None:
        """No frame follows."""
        self.tell_filtered()
        self._runs.discard_growing()

    @property
    def can_send(self) -> bool:
        """Whether `next_to_send` returns a frame now."""
        return self._sendable() is not None

    def next_to_send(self) -> list[OfferedFrame]:
        """Take the next frames for one message of the open stream; none if there are none, or no
        credit for them."""
        message, cost = list[OfferedFrame](), Cost()
        while (frame := self._sendable()) is not None:
            if not cost.leaves_room(self._per_message, len(frame.image)):
                break
            cost.add(frame)
            message.append(self._take(frame))
        return message

    def _take(self, frame: OfferedFrame) -> OfferedFrame:
        if self._to_resend:
            self._to_resend.popleft()
        else:
            source = self._runs if frame.filtered else self._spool
            self._sent[frame.sequence] = source.take()
            self._sent_cost.add(frame)
        self._in_flight_cost.add(frame)
        return frame

    def acknowledged(self, accepted: Iterable[int], rejected: Iterable[FrameRejected]) -> None:
        """Ingest answered frames that were sent on this stream.

        A second answer to a frame, and one to a frame that was not sent, are ignored.
        """
        for sequence in accepted:
            if (frame := self._settle(sequence)) is not None:
                self._accepted += 1
                self.accepted_bytes += len(frame.image)
        for one in rejected:
            if (frame := self._settle(one.sequence)) is None:
                continue
            self._rejected += frame.frames
            self._filtered += frame.filtered
            if not frame.filtered:
                self._new_rejections.append(one)

    def take_rejected(self) -> list[FrameRejected]:
        """The rejections since the last call."""
        taken, self._new_rejections = self._new_rejections, []
        return taken

    def _sendable(self) -> OfferedFrame | None:
        """The next frame in order, if the stream and the credit allow it."""
        frame = self._sent[self._to_resend[0]] if self._to_resend else self._oldest
        if not self.is_open or self._credit is None or frame is None:
            return None
        fits = self._in_flight_cost.leaves_room(self._credit, len(frame.image))
        return frame if fits else None

    @property
    def _oldest(self) -> OfferedFrame | None:
        """The next frame, or run of filtered ones, that was never sent."""
        frame, run = self._spool.oldest, self._runs.oldest
        if frame is None:
            # Those on the disk may have lower numbers.
            return None if self._disk is not None else run
        return frame if run is None or frame.sequence < run.sequence else run

    def _settle(self, sequence: int) -> OfferedFrame | None:
        """The frame, which has its answer now; None if it was not sent, or has one."""
        not_sent = self._to_resend and sequence >= self._to_resend[0]
        if not_sent or (frame := self._sent.pop(sequence, None)) is None:
            return None
        self._sent_cost.remove(frame)
        self._in_flight_cost.remove(frame)
        if self._disk is not None and not frame.filtered:
            self._disk.settle(sequence)
        return frame

    # The spool on disk.

    def resumed(self, opened: SpoolOpened) -> None:
        """The spool is open: the session that it has goes on."""
        if self._disk is not None:
            self._disk.opened(opened)
        # Frames may have been filtered meanwhile.
        last = opened.next_sequence - 1 + self._runs.growing
        self.id, self._last_sequence = opened.session, last
        self._offered += opened.unread

    def has_disk_work(self) -> bool:
        return self._disk is not None and self._disk.has_work(self._ready)

    def take_disk_work(self, now: float) -> DiskWork | None:
        return self._disk.take_work(self._ready, now) if self._disk is not None else None

    @property
    def _ready(self) -> Cost | None:
        """What was read from the disk and is not sent; None: there is no stream to send on."""
        return self._spool.cost if self.is_open else None

    def disk_done(self, work: DiskWork, done: DiskDone, now: float) -> None:
        """The disk did what it was asked for, as far as it could."""
        ready = self._disk.done(work, done, now) if self._disk is not None else []
        for frame in ready:
            self._spool.put(frame.within(self._max_frame_bytes))
        self._dropped += done.dropped + done.stored.count(Stored.DROPPED)
        self._offered -= done.stored.count(Stored.FAILED)
