"""Whatever happens, in whatever order: the credit is kept to and the counts balance."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from framemesh.sdk.rejections import FrameRejected
from framemesh.sdk.session import Credit, OfferedFrame, Session

sizes = st.integers(min_value=0, max_value=60)
credits_ = st.builds(Credit, frames=st.integers(1, 5), bytes=st.integers(1, 100))


class SessionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.session = Session("s1")
        self.credit = Credit(0, 0)
        self.largest = 0
        self.under_way: dict[int, OfferedFrame] = {}
        self.answered: set[int] = set()
        self.next_expected: list[int] = []

    @precondition(lambda self: not self.session.is_open)
    @rule(credit=credits_, largest=st.integers(0, 60))
    def a_stream_opens(self, credit: Credit, largest: int) -> None:
        self.session.opened(credit, largest)
        self.credit, self.largest = credit, largest
        self.under_way = {}
        self.next_expected = [
            n for n in range(1, self.session.counts.offered + 1) if n not in self.answered
        ]

    @precondition(lambda self: self.session.is_open)
    @rule()
    def the_stream_breaks(self) -> None:
        self.session.broken()

    @rule(size=sizes)
    def a_frame_is_offered_if_it_is_admitted(self, size: int) -> None:
        if self.session.admits(size):
            self.session.offer(bytes(size), 0)
            self.next_expected.append(self.session.counts.offered)

    @rule()
    def a_frame_is_sent_if_there_is_one(self) -> None:
        frame = self.session.next_to_send()
        if frame is None:
            return
        assert self.session.is_open
        assert frame.sequence == self.next_expected.pop(0), "in order, none left out, none twice"
        assert len(frame.image) <= self.largest
        self.under_way[frame.sequence] = frame

    @precondition(lambda self: self.session.is_open and self.under_way)
    @rule(data=st.data(), accepted=st.booleans())
    def a_frame_is_answered(self, data: st.DataObject, accepted: bool) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.under_way)))
        del self.under_way[sequence]
        self.answered.add(sequence)
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
        assert counts.offered == counts.accepted + counts.rejected + counts.pending
        assert counts.accepted + counts.rejected == len(self.answered)

    @invariant()
    def an_idle_camera_with_a_stream_may_always_offer(self) -> None:
        if self.session.is_open and not self.session.unacknowledged:
            assert self.session.admits(10**6)

    @invariant()
    def an_idle_stream_always_sends_what_waits(self) -> None:
        if self.session.is_open and not self.under_way:
            assert self.session.all_sent == (not self.next_expected)


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
