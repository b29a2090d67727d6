"""A world for leases: workers that do what real ones do, without I/O, and what befalls them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from random import Random

from framemesh.core.leases.lease_member import (
    FAST_POLL_SECONDS,
    POLL_SECONDS,
    RENEW_SECONDS,
    LeaseMember,
    LeaseTerm,
)
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from tests.unit.core.lease_bucket_model import TICK_SECONDS, Bucket, Refused, ticks

ANSWER_TICKS = 12
"""After which an answer is not waited for any more."""


class Fault(Enum):
    """How a request fails."""

    LOST = "never reaches the broker"
    UNANSWERED = "is carried out, but its answer is lost"
    LATE = "is carried out long after the timeout"
    SLOW = "is carried out, and answered slowly"


class World:
    """The clock, the bucket, the workers, and what is on its way between them."""

    def __init__(self, shards: int, random: Random) -> None:
        self.shards = range(shards)
        self.now = 0
        self.random = random
        self.workers: dict[str, Worker] = {}
        self.later: list[tuple[int, Callable[[], None]]] = []
        self.disturbed = 0
        """The last tick in which something happened that takes time to recover from."""
        self.bucket = Bucket()

    def unix_nano(self) -> int:
        return 0

    def monotonic(self) -> float:
        return self.now * TICK_SECONDS

    def join(self, name: str) -> None:
        self.workers[name] = Worker(name, self)
        self.disturbed = self.now

    def tick(self) -> None:
        self.now += 1
        self.bucket.tick()
        due = [act for at, act in self.later if at <= self.now]
        self.later = [(at, act) for at, act in self.later if at > self.now]
        for act in due:
            act()
        order = sorted(self.workers)
        self.random.shuffle(order)
        for name in order:
            self.workers[name].tick()

    def after(self, delay: int, act: Callable[[], None]) -> None:
        self.later.append((self.now + delay, act))


@dataclass(slots=True)
class LeaseKeeper:
    """A term, and when its next renewal is due and its work done."""

    term: LeaseTerm
    renew_at: int
    done_at: int | None = None
    waits: bool = False


@dataclass(slots=True)
class Worker:
    """Mirrors framemesh.runtime.jetstream.leases.shard_leases, one loop after the other."""

    name: str
    world: World
    member: LeaseMember = field(init=False)
    stopped: bool = False
    """As by SIGSTOP."""
    cut_off: bool = False
    """From the broker."""
    leaving: bool = False
    drain_ticks: int = 0
    faults: deque[Fault] = field(default_factory=deque)
    stale: int = 0
    """How old its next snapshot is."""
    tenures: dict[int, LeaseKeeper] = field(default_factory=dict)
    inbox: list[Callable[[], None]] = field(default_factory=list)
    """Answers that came while it was stopped."""
    speed: WorkerSpeed = UNKNOWN_SPEED
    announce_at: int = 0
    poll_at: int = 1
    taking: int = 0
    """Shards that were asked for and not answered yet."""

    def __post_init__(self) -> None:
        self.member = LeaseMember(self.name, self.world.shards, self.world)

    @property
    def _bucket(self) -> Bucket:
        return self.world.bucket

    @property
    def well(self) -> bool:
        return not (self.stopped or self.cut_off or self.faults or self.stale)

    def tick(self) -> None:
        if self.stopped:
            return
        answers, self.inbox = self.inbox, []
        for answer in answers:
            answer()
        for shard, tenure in list(self.tenures.items()):
            self._tenure(shard, tenure)
        if not self.leaving and self.world.now >= self.announce_at:
            self.announce_at = self.world.now + ticks(RENEW_SECONDS)
            self._ask(
                partial(self._bucket.announce, self.name, self.speed),
                lambda _: None,
                self._no_announcement,
            )
        if not self.leaving and not self.taking and self.world.now >= self.poll_at:
            self._poll()

    def leave(self) -> None:
        """As by SIGTERM."""
        self.leaving = True
        self._ask(lambda: self._bucket.withdraw(self.name), lambda _: None, lambda _: None)
        for tenure in self.tenures.values():
            self._drain(tenure)

    def _poll(self) -> None:
        if self.cut_off:
            self.poll_at = self.world.now + ANSWER_TICKS
            return
        actions = self.member.decide(
            self._bucket.earlier_snapshot(self.stale) if self.stale else self._bucket.snapshot()
        )
        self.stale = 0
        for sequence in actions.forget:
            self._ask(partial(self._bucket.delete, sequence), lambda _: None, lambda _: None)
        for shard in actions.end:
            self._drain(self.tenures[shard])
        for shard in actions.take:
            self._take(shard)
        self.poll_at = self.world.now + ticks(FAST_POLL_SECONDS if actions.soon else POLL_SECONDS)

    def _take(self, shard: int) -> None:
        asked_at = self.world.monotonic()
        self.taking += 1

        def taken(sequence: int) -> None:
            self.taking -= 1
            term = self.member.taken(shard, sequence, asked_at)
            if term is not None:
                tenure = LeaseKeeper(term, self.world.now + ticks(RENEW_SECONDS))
                self.tenures[shard] = tenure
                if self.leaving:
                    self._drain(tenure)

        def not_taken(_: bool) -> None:
            self.taking -= 1

        self._ask(lambda: self._bucket.write(shard, self.name, 0, 0), taken, not_taken)

    def _tenure(self, shard: int, tenure: LeaseKeeper) -> None:
        done = tenure.done_at is not None and self.world.now >= tenure.done_at
        if tenure.waits:
            return
        if done and self.member.certain(shard):
            tenure.waits = True
            tenure.term.invalidate()
            self._ask(
                lambda: self._bucket.delete(tenure.term.sequence),
                lambda _: self._end(shard),
                lambda _: self._end(shard),
            )
        elif done or not self.member.certain(shard):
            self._end(shard)
        elif self.world.now >= tenure.renew_at:
            self._renew(shard, tenure)

    def _renew(self, shard: int, tenure: LeaseKeeper) -> None:
        asked_at, term = self.world.monotonic(), tenure.term
        tenure.waits = True

        def renewed(sequence: int) -> None:
            tenure.waits = False
            term.renewed(sequence, asked_at)
            tenure.renew_at = self.world.now + ticks(RENEW_SECONDS)

        def failed(refused: bool) -> None:
            tenure.waits = False
            if refused:
                term.renewal_refused(self._bucket.get(shard), self.name)

        self._ask(
            lambda: self._bucket.write(shard, self.name, term.epoch, term.sequence), renewed, failed
        )

    def _end(self, shard: int) -> None:
        del self.tenures[shard]
        self.member.ended(shard)

    def _drain(self, tenure: LeaseKeeper) -> None:
        tenure.done_at = self.world.now + self.drain_ticks

    def _no_announcement(self, refused: bool) -> None:
        self.announce_at = self.world.now + 1

    def _ask(
        self,
        request: Callable[[], int],
        answered: Callable[[int], None],
        failed: Callable[[bool], None],
    ) -> None:
        """Send a request. Exactly one of the two is called when it ends."""

        def carry_out() -> None:
            try:
                result = request()
            except Refused:
                self._hear(lambda: failed(True))
            else:
                self._hear(lambda: answered(result))

        def without_an_answer() -> None:
            try:
                request()
            except Refused:
                return

        fault = self.faults.popleft() if self.faults else None
        if fault or self.cut_off:
            self.world.disturbed = self.world.now
        if fault is None and not self.cut_off:
            carry_out()
        elif fault is Fault.SLOW and not self.cut_off:
            self.world.after(ANSWER_TICKS // 2, carry_out)
        else:
            if fault is Fault.UNANSWERED and not self.cut_off:
                without_an_answer()
            elif fault is Fault.LATE:
                self.world.after(self.world.random.randrange(ANSWER_TICKS, 90), without_an_answer)
            self.world.after(ANSWER_TICKS, lambda: self._hear(lambda: failed(False)))

    def _hear(self, answer: Callable[[], None]) -> None:
        if self.stopped:
            self.inbox.append(answer)
        else:
            answer()
