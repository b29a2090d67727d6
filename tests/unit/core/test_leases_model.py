"""Whatever happens to workers and their messages: no shard has two holders, and none is left."""

from collections import Counter
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from framemesh.core.leases.balanced_share import balanced_share
from framemesh.core.leases.lease_member import RENEW_SECONDS, TTL_SECONDS
from framemesh.core.leases.member_weights import weights
from framemesh.core.leases.unchanged_keys import OUTDATED_SECONDS
from framemesh.core.worker_speed import WorkerSpeed
from tests.unit.core.lease_bucket_model import REMEMBERED_TICKS, ticks
from tests.unit.core.lease_world import Fault, Worker, World

RECOVERY = ticks(TTL_SECONDS + RENEW_SECONDS)
RECOVERY_OF_CRASH = ticks(2 * OUTDATED_SECONDS)
DRAIN = ticks(2.0)
MOST_WORKERS = 4

some = st.integers(0, MOST_WORKERS - 1)


class LeaseMachine(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.joined = 0
        self.held_at: dict[int, int] = {}
        """The last tick in which a shard was held."""
        self.epochs: dict[int, int] = {}

    @initialize(shards=st.integers(1, 6), seed=st.integers(0, 1000))
    def a_pipeline(self, shards: int, seed: int) -> None:
        self.world = World(shards, Random(seed))  # noqa: S311

    @rule(count=st.integers(1, 100))
    def time_passes(self, count: int) -> None:
        for _ in range(count):
            self.world.tick()
            self.check()

    @precondition(lambda self: len(self.world.workers) < MOST_WORKERS)
    @rule()
    def a_worker_joins(self) -> None:
        self.joined += 1
        self.world.join(f"w{self.joined}")

    @precondition(lambda self: self.world.workers)
    @rule(at=some)
    def a_worker_dies(self, at: int) -> None:
        del self.world.workers[self.pick(at).name]

    @precondition(lambda self: self.world.workers)
    @rule(at=some, drain=st.integers(0, DRAIN))
    def a_worker_leaves(self, at: int, drain: int) -> None:
        worker = self.pick(at)
        worker.drain_ticks = drain
        worker.leave()

    @precondition(lambda self: self.world.workers)
    @rule(at=some, stopped=st.booleans())
    def a_worker_is_stopped_or_wakes_up(self, at: int, stopped: bool) -> None:
        self.pick(at).stopped = stopped

    @precondition(lambda self: self.world.workers)
    @rule(at=some, cut_off=st.booleans())
    def a_worker_is_cut_off_or_reaches_the_broker_again(self, at: int, cut_off: bool) -> None:
        self.pick(at).cut_off = cut_off

    @precondition(lambda self: self.world.workers)
    @rule(at=some, faults=st.lists(st.sampled_from(Fault), min_size=1, max_size=5))
    def messages_of_a_worker_go_astray(self, at: int, faults: list[Fault]) -> None:
        self.pick(at).faults.extend(faults)

    @precondition(lambda self: self.world.workers)
    @rule(at=some, age=st.integers(1, REMEMBERED_TICKS))
    def a_worker_looks_at_a_replica_that_is_behind(self, at: int, age: int) -> None:
        self.pick(at).stale = age

    @precondition(lambda self: self.world.workers)
    @rule(at=some, drain=st.integers(0, DRAIN))
    def a_worker_drains_slowly(self, at: int, drain: int) -> None:
        self.pick(at).drain_ticks = drain

    @precondition(lambda self: self.world.workers)
    @rule(at=some, frames=st.integers(0, 6000), saturated=st.booleans())
    def a_worker_measures_its_speed(self, at: int, frames: int, saturated: bool) -> None:
        self.pick(at).speed = WorkerSpeed(frames, saturated)

    @rule()
    def the_broker_is_killed_and_forgets_what_it_removed(self) -> None:
        self.world.bucket.crash()

    @rule()
    def all_is_well_for_a_while(self) -> None:
        for worker in self.world.workers.values():
            worker.stopped = worker.cut_off = False
            worker.faults.clear()
            worker.stale = 0
        while self.world.later:
            self.time_passes(1)
        self.time_passes(2 * RECOVERY + 2 * DRAIN + RECOVERY_OF_CRASH)
        staying = [worker for worker in self.world.workers.values() if not worker.leaving]
        loads = [len(worker.tenures) for worker in staying]
        if loads:
            assert not self.world.bucket.has_returned, "what nobody renews is left"
            speeds = {each.name: each.speed for each in staying}
            wanted = balanced_share(self.world.shards, weights(speeds), {})
            counts = dict.fromkeys(speeds, 0) | Counter(wanted.values())
            assert sorted(loads) == sorted(counts.values())
        before = self.terms()
        self.time_passes(RECOVERY)
        assert self.terms() == before, "in balance, nothing moves"

    def pick(self, at: int) -> Worker:
        self.world.disturbed = self.world.now
        names = sorted(self.world.workers)
        return self.world.workers[names[at % len(names)]]

    def terms(self) -> dict[int, tuple[str, int]]:
        return {
            shard: (worker.name, tenure.term.epoch)
            for worker in self.world.workers.values()
            for shard, tenure in worker.tenures.items()
        }

    def check(self) -> None:
        workers = self.world.workers.values()
        holders = Counter(
            shard for worker in workers for shard in worker.tenures if worker.member.certain(shard)
        )
        assert all(count == 1 for count in holders.values()), "two hold one shard"
        for worker in workers:
            for shard, tenure in worker.tenures.items():
                if worker.member.certain(shard):
                    self.check_holder(worker, shard, tenure.term.epoch)
        self.check_recovery(holders)

    def check_holder(self, worker: Worker, shard: int, epoch: int) -> None:
        entry = self.world.bucket.get(shard)
        assert entry is not None, "certain of a shard that anybody may take"
        assert (entry.member, entry.epoch) == (worker.name, epoch), "certain of another's shard"
        assert epoch >= self.epochs.get(shard, 0), "an earlier epoch"
        self.epochs[shard] = epoch

    def check_recovery(self, holders: Counter[int]) -> None:
        workers = [worker for worker in self.world.workers.values() if not worker.leaving]
        well = workers and all(worker.well for worker in workers)
        if not well or self.world.later or self.world.bucket.has_returned:
            self.world.disturbed = self.world.now
        for shard in self.world.shards:
            if holders[shard]:
                self.held_at[shard] = self.world.now
            since = max(self.held_at.get(shard, 0), self.world.disturbed)
            assert self.world.now - since <= RECOVERY, "a shard is left"


TestLeases = LeaseMachine.TestCase
TestLeases.settings = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
