"""Whatever happens, in whatever order: the credit is kept to and the counts balance."""

import sys
import zlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import CameraSession

sizes = st.integers(min_value=0, max_value=60)
credits_ = st.builds(Credit, frames=st.integers(1, 5), bytes=st.integers(1, 100))


class SessionMachine(RuleBasedStateMachine):
    session: CameraSession

    def __init__(self) -> None:
        super().__init__()
        self.spool: Credit | None = None
        self.credit = self.per_message = Credit(0, 0)
        self.most = 1
        """Frames that any credit allowed."""
        self.largest = sys.maxsize
        self.sizes: dict[int, int] = {}
        self.waiting: dict[int, int] = {}
        """Never sent: number -> bytes that are kept of it."""
        self.unanswered: dict[int, OfferedFrame] = {}
        """Sent, on this stream or on one before."""
        self.under_way: dict[int, OfferedFrame] = {}
        """Sent on this stream."""
        self.again: list[int] = []
        self.answered = self.dropped = 0

    @initialize(spool=st.none() | credits_)
    def a_camera_begins(self, spool: Credit | None) -> None:
        self.spool = spool
        self.session = CameraSession("s1", spool)

    @precondition(lambda self: not self.session.is_open)
    @rule(credit=credits_, largest=st.integers(0, 60), per_message=credits_)
    def a_stream_opens(self, credit: Credit, largest: int, per_message: Credit) -> None:
        self.session.opened(credit, largest, per_message)
        self.per_message = per_message
        self.credit, self.largest = credit, largest
        self.most = max(self.most, credit.frames)
        self.waiting = {n: self.kept(size) for n, size in self.waiting.items()}
        self.under_way = {}
        self.again = sorted(self.unanswered)

    def kept(self, size: int) -> int:
        return size if size <= self.largest else 0

    @precondition(lambda self: self.session.is_open)
    @rule()
    def the_stream_breaks(self) -> None:
        self.session.broken()

    @rule(size=sizes)
    def a_frame_is_offered_if_it_is_admitted(self, size: int) -> None:
        if not self.session.admits(size):
            assert self.spool is None, "a camera that drops never waits"
            return
        before = self.session.counts.dropped
        sequence = self.session.offer(bytes(size), 0).sequence
        kept = self.kept(size)
        for oldest in sorted(self.waiting)[: self.session.counts.dropped - before]:
            assert self.spool
            frames, bytes_ = len(self.waiting) + 1, sum(self.waiting.values()) + kept
            assert frames > self.spool.frames or bytes_ > self.spool.bytes, "dropped for nothing"
            del self.waiting[oldest]
            self.dropped += 1
        self.sizes[sequence], self.waiting[sequence] = size, kept

    @rule()
    def frames_are_sent_if_there_are_any(self) -> None:
        message = self.session.next_to_send()
        if len(message) > 1:
            assert len(message) <= self.per_message.frames
            assert sum(len(frame.image) for frame in message) <= self.per_message.bytes
        for frame in message:
            self.is_sent(frame)

    def is_sent(self, frame: OfferedFrame) -> None:
        assert self.session.is_open
        if self.again:
            assert frame.sequence == self.again.pop(0), "what was sent before comes first"
        else:
            assert frame.sequence == min(self.waiting), "in order, none left out"
            del self.waiting[frame.sequence]
            assert frame.crc32 == zlib.crc32(bytes(self.sizes[frame.sequence]))
        assert frame.sequence > max(self.under_way, default=0), "numbers ascend on a stream"
        assert len(frame.image) <= self.largest
        self.under_way[frame.sequence] = self.unanswered[frame.sequence] = frame

    @precondition(lambda self: self.session.is_open and self.under_way)
    @rule(data=st.data(), accepted=st.booleans())
    def a_frame_is_answered(self, data: st.DataObject, accepted: bool) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.under_way)))
        del self.under_way[sequence], self.unanswered[sequence]
        self.answered += 1
        if accepted:
            self.session.acknowledged([sequence], [])
        else:
            self.session.acknowledged([], [FrameRejected(sequence, "empty", "")])

    @invariant()
    def no_more_is_under_way_than_the_credit_says(self) -> None:
        if len(self.under_way) > 1:
            assert len(self.under_way) <= self.credit.frames
            assert sum(len(f.image) for f in self.under_way.values()) <= self.credit.bytes

    @invariant()
    def the_counts_balance(self) -> None:
        counts = self.session.counts
        assert counts.offered == (
            counts.accepted + counts.rejected + counts.pending + counts.dropped
        )
        assert counts.accepted + counts.rejected == self.answered
        assert counts.pending == len(self.waiting) + len(self.unanswered)
        assert counts.dropped == self.dropped
        assert self.spool or not counts.dropped

    @invariant()
    def what_is_kept_is_bounded(self) -> None:
        assert len(self.unanswered) <= self.most
        if self.spool is None:
            assert len(self.waiting) + len(self.unanswered) <= self.most
        elif len(self.waiting) > 1:
            assert len(self.waiting) <= self.spool.frames
            assert sum(self.waiting.values()) <= self.spool.bytes

    @invariant()
    def an_idle_camera_with_a_stream_may_always_offer(self) -> None:
        if self.session.is_open and not self.session.unacknowledged:
            assert self.session.admits(10**6)

    @invariant()
    def an_idle_stream_always_sends_what_waits(self) -> None:
        if self.session.is_open and not self.under_way:
            assert self.session.all_sent == (not self.again and not self.waiting)


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
