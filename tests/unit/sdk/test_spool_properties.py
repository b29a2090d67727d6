"""A spool on disk under any order of writes, reads, answers, kills and torn ends."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.disk.work import DiskWork, Stored
from framemesh.sdk.session.spools import LEAST_DISK_BYTES
from tests.unit.sdk.spools import Disk, frame

sizes = st.sampled_from([16, 1000, 30_000, 70_000, 300_000])


class SpoolMachine(RuleBasedStateMachine):
    """Knows what became of every frame by the rules of the page alone."""

    @initialize(drops=st.booleans())
    def begin(self, drops: bool) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.disk = Disk(self.root, drops=drops)
        self.drops = drops
        self.next = 1
        self.waiting: list[int] = []
        """In order; whatever is gone from its front was dropped."""
        self.sent: set[int] = set()
        """By this process or an earlier one, and not answered."""
        self.loaded: set[int] = set()
        """By this process."""
        self.sizes: dict[int, int] = {}
        self.missing = 0
        """How many of `waiting` were dropped and are still in it."""

    def teardown(self) -> None:
        self.disk.close()
        shutil.rmtree(self.root)

    @rule(size=sizes, sent=st.booleans())
    def a_frame_is_written(self, size: int, sent: bool) -> None:
        at_once = sent and not self.waiting and self.sent == self.loaded
        written = frame(self.next, size)
        done = self.disk.write(written, sent=int(at_once))
        self.next += 1
        (stored,) = done.stored
        if stored is Stored.DROPPED:
            assert self.disk.size + size + 48 > LEAST_DISK_BYTES, "there was room"
            assert not done.dropped, "in vain"
            return
        self.sizes[written.sequence] = size
        if at_once:
            self.sent.add(written.sequence)
            self.loaded.add(written.sequence)
        else:
            self.waiting.append(written.sequence)
        self.forget_dropped(done.dropped)

    def forget_dropped(self, count: int) -> None:
        """Which ones is seen when they are not read; that they were waiting, here."""
        assert count <= len(self.waiting)
        assert not count or self.drops
        self.missing += count

    @rule(frames=st.integers(1, 5))
    def frames_are_read(self, frames: int) -> None:
        done = self.disk.do(DiskWork(load=Credit(frames, 1 << 30)))
        expected = sorted(self.sent - self.loaded)
        for one in done.loaded:
            assert one == frame(one.sequence, self.sizes[one.sequence]), "as it was written"
            if expected:
                assert one.sequence == expected.pop(0), "what was sent before is not left out"
                self.loaded.add(one.sequence)
                continue
            while self.waiting and self.waiting[0] != one.sequence:
                self.waiting.pop(0)
                self.missing -= 1
            assert self.waiting, "read twice, or out of order"
            self.waiting.pop(0)
            self.sent.add(one.sequence)
            self.loaded.add(one.sequence)
        assert self.missing >= 0, "lost without being counted"

    @rule(data=st.data())
    def a_frame_is_answered(self, data: st.DataObject) -> None:
        if self.loaded:
            sequence = data.draw(st.sampled_from(sorted(self.loaded)))
            self.disk.settle(sequence)
            self.loaded.remove(sequence)
            self.sent.remove(sequence)

    @rule()
    def the_process_is_killed(self) -> None:
        found = self.disk.killed()
        assert found.next_sequence <= self.next
        assert found.cut_bytes == 0
        self.loaded.clear()
        # Numbers that were never written may come again.
        self.next = found.next_sequence

    @rule(torn=st.binary(min_size=1, max_size=100))
    def it_is_killed_while_it_writes(self, torn: bytes) -> None:
        self.disk.kill()
        with self.disk.segments[-1].open("ab") as file:
            file.write(torn)
        assert self.disk.open().cut_bytes == len(torn)
        self.loaded.clear()
        self.next = self.disk.found.next_sequence

    @rule()
    def the_power_is_cut(self) -> None:
        self.disk.kill()
        self.disk.boot += "."
        found = self.disk.open()
        assert found.next_sequence >= self.next
        self.loaded.clear()
        self.next = found.next_sequence

    @invariant()
    def the_bound_holds(self) -> None:
        assert self.disk.size <= LEAST_DISK_BYTES
        assert len(list(self.disk.path.iterdir())) < 40

    @invariant()
    def every_frame_is_there_or_counted(self) -> None:
        unread = self.disk.do(DiskWork()).unread
        missing = self.missing
        assert unread == len(self.waiting) - missing + len(self.sent - self.loaded)


SpoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSpool = SpoolMachine.TestCase
