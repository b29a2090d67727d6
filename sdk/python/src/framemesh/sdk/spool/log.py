"""The records of a spool over its segments: append, read in order, mark, delete."""

from collections.abc import Iterator
from pathlib import Path

from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.spool.files import sync_folder
from framemesh.sdk.spool.record import Head, State, encode, record_size
from framemesh.sdk.spool.segment import Segment

LEAST_SEGMENT_BYTES = 64 * 1024
MOST_SEGMENT_BYTES = 16 * 1024 * 1024
SEGMENTS = 16
"""Room is made by whole segments: a sixteenth of the bound is dropped at once."""


class NoRoom(Exception):
    """The bound in bytes is reached, and nothing may be dropped."""


class RecordLog:
    """Records in order of their sequence numbers. In memory are a few numbers for each segment, and
    one entry for each frame that was read, or written as sent, and is not settled."""

    def __init__(self, folder: Path, max_bytes: int, *, drops: bool) -> None:
        """`drops`: the oldest frames that were never sent make room for new ones."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._drops = drops
        self._segment_bytes = min(
            max(max_bytes // SEGMENTS, LEAST_SEGMENT_BYTES), MOST_SEGMENT_BYTES
        )
        self._segments: list[Segment] = []
        self._places: dict[int, tuple[Segment, int]] = {}
        """Of frames that were read, or written as sent, by sequence number."""
        self._reads = 0
        """Index of the segment to read on."""
        self._at = 0
        """Where in it."""
        self._has_new_names = False
        self.unread = 0
        """Records that are neither settled nor in `_places`."""
        self.used = 0
        """Bytes of all segments."""
        self.dropped = 0
        """Frames that were dropped since the log was opened."""
        self.damaged = 0
        """Those of them whose image the disk lost."""

    def open(self) -> tuple[int, int]:
        """Read what is there.

        Returns:
            The next sequence number, 0 where there is no segment; and how many bytes were cut off,
            as they were no whole records.
        """
        numbers, last, cut = Segment.numbers(self._folder), 0, 0
        for number in numbers:
            segment = Segment(self._folder, number, create=False)
            self._segments.append(segment)
            cut += segment.recover(last, check_images=number == numbers[-1])
            last = segment.last
            self.unread += segment.waiting + segment.sent
            self.used += segment.size
        self._delete_settled()
        return max(last + 1, numbers[-1]) if numbers else 0, cut

    def begin_segment(self, first: int) -> None:
        """Append to a new segment from now on. One that is of this number is left from a kill."""
        if self._segments and self._segments[-1].first == first:
            return
        self._segments.append(Segment(self._folder, first, create=True))
        self._has_new_names = True

    @property
    def is_empty(self) -> bool:
        """Whether there is no segment to append to."""
        return not self._segments

    @property
    def reclaimable(self) -> int:
        """Bytes of `used` that the next frame may have."""
        last = self._segments[-1]
        return last.size if last.is_settled else 0

    def append(self, frame: OfferedFrame, state: State) -> None:
        """Append a frame as waiting, or as sent: then it is not read again.

        Raises:
            NoRoom: it is not there.
            OSError: nor is it then.
        """
        size = record_size(len(frame.image), frame.headers)
        self._make_room(size, frame.sequence)
        last = self._segments[-1]
        if last.size and last.size + size > self._segment_bytes:
            self.begin_segment(frame.sequence)
            self._delete_settled()
        segment = self._segments[-1]
        reads_last = self._reads == len(self._segments) - 1 and self._at == segment.size
        at = segment.append(encode(frame, state))
        segment.last = frame.sequence
        self.used += size
        if state is State.WAITING:
            segment.waiting += 1
            self.unread += 1
            return
        segment.sent += 1
        self._places[frame.sequence] = segment, at
        if reads_last:
            self._at = segment.size

    def next(self) -> Head | None:
        """The head of the next record to read; None if there is none."""
        while self.unread:
            segment = self._segments[self._reads]
            head = segment.head(self._at)
            if head is None and self._reads + 1 == len(self._segments):
                self._lose_rest()
            elif head is None:
                self._reads, self._at = self._reads + 1, 0
            elif head.is_settled or head.sequence in self._places:
                self._at += head.size
            else:
                return head
        return None

    def read(self, head: Head) -> OfferedFrame | None:
        """The frame of `next`, from now on marked as sent; None: dropped, the disk lost it."""
        segment = self._segments[self._reads]
        image = segment.image(self._at, head)
        if image is None:
            self.damaged += 1
            self.drop(head)
            return None
        if head.state is State.WAITING:
            segment.mark(self._at, State.SENT)
            segment.waiting -= 1
            segment.sent += 1
        self._places[head.sequence] = segment, self._at
        self._at += head.size
        self.unread -= 1
        return head.frame(image)

    def drop(self, head: Head) -> None:
        """Drop the record of `next`."""
        segment = self._segments[self._reads]
        segment.mark(self._at, State.DROPPED)
        if head.state is State.WAITING:
            segment.waiting -= 1
        else:
            segment.sent -= 1
        self._at += head.size
        self.unread -= 1
        self.dropped += 1
        self._delete_settled()

    def settle(self, sequence: int) -> None:
        """Ingest answered a frame."""
        segment, at = self._places.pop(sequence, (None, 0))
        if segment is not None:
            segment.mark(at, State.SETTLED)
            segment.sent -= 1
            if segment.is_settled:
                self._delete_settled()

    def sync(self) -> None:
        """Put everything on the disk."""
        for segment in self._segments:
            segment.sync()
        if self._has_new_names:
            sync_folder(self._folder)
            self._has_new_names = False

    @property
    def is_synced(self) -> bool:
        return not self._has_new_names and all(segment.is_synced for segment in self._segments)

    def close(self) -> None:
        for segment in self._segments:
            segment.close()

    def _lose_rest(self) -> None:
        """The disk lost heads of records since they were counted, and with them what follows."""
        self.damaged += self.unread
        self.dropped += self.unread
        self.unread = 0

    def _make_room(self, size: int, sequence: int) -> None:
        """For a record of the frame that is next.

        Raises:
            NoRoom: there is none.
        """
        if self.used + size - self._max_bytes > sum(one.size for one in self._victims()):
            raise NoRoom  # nothing is dropped in vain
        while self.used + size > self._max_bytes:
            victim = next(self._victims())
            if victim is self._segments[-1]:
                # Its name keeps the numbers of the one that goes.
                self.begin_segment(sequence)
            self.dropped += victim.waiting
            self.unread -= victim.waiting
            victim.waiting = 0
            self._delete([victim])

    def _victims(self) -> Iterator[Segment]:
        """The segments that may go for a new frame, in this order."""
        if self.reclaimable:
            yield self._segments[-1]
        if self._drops:
            yield from (one for one in self._segments if one.waiting and not one.sent)

    def _delete_settled(self) -> None:
        """All but the last, whose name and last record tell the next number."""
        self._delete([segment for segment in self._segments[:-1] if segment.is_settled])

    def _delete(self, goes: list[Segment]) -> None:
        kept: list[Segment] = []
        reads = self._reads
        for index, segment in enumerate(self._segments):
            if segment not in goes:
                kept.append(segment)
                continue
            segment.delete()
            self.used -= segment.size
            if index < reads:
                self._reads -= 1
            elif index == reads:
                self._at = 0  # of the one that comes after it
        self._segments = kept
