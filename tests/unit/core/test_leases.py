"""Scenes of the life of leases, in a world without I/O."""

from collections.abc import Callable
from random import Random

import pytest

from framemesh.core.leases.lease_member import (
    FAST_POLL_SECONDS,
    MARGIN_SECONDS,
    POLL_SECONDS,
    RENEW_SECONDS,
    TTL_SECONDS,
    BucketSnapshot,
    LeaseActions,
    LeaseEntry,
    LeaseMember,
    LeaseTerm,
)
from framemesh.core.worker_speed import UNKNOWN_SPEED
from tests.unit.core.lease_bucket_model import ticks
from tests.unit.core.lease_world import ANSWER_TICKS, Fault, World

SETTLED = ticks(POLL_SECONDS + 4 * FAST_POLL_SECONDS)


@pytest.fixture
def world() -> World:
    return World(9, Random(1))  # noqa: S311


def run(world: World, count: int, check: Callable[[], None] = lambda: None) -> None:
    for _ in range(count):
        world.tick()
        check()


def held(world: World) -> dict[str, set[int]]:
    return {
        name: {shard for shard in worker.tenures if worker.member.certain(shard)}
        for name, worker in world.workers.items()
    }


def loads(world: World) -> list[int]:
    return sorted(map(len, held(world).values()))


def epochs(world: World) -> dict[int, int]:
    return {
        shard: tenure.term.epoch
        for worker in world.workers.values()
        for shard, tenure in worker.tenures.items()
    }


def join(world: World, *names: str) -> None:
    for name in names:
        world.join(name)


def test_workers_that_start_together_move_nothing(world: World) -> None:
    join(world, "a", "b", "c")
    seen: set[tuple[int, int]] = set()
    run(world, 100, lambda: seen.update(epochs(world).items()))
    assert loads(world) == [3, 3, 3]
    assert len(seen) == 9


def test_nobody_has_to_wait_longer_than_two_polls(world: World) -> None:
    join(world, "a")
    run(world, 1 + ticks(FAST_POLL_SECONDS) + 1)
    assert loads(world) == [9]


def test_the_shards_of_a_dead_worker_are_taken_within_the_ttl_and_a_period(world: World) -> None:
    join(world, "a", "b", "c")
    run(world, 101)
    lost = held(world)["b"]
    del world.workers["b"]
    run(world, ticks(TTL_SECONDS + RENEW_SECONDS))
    assert lost <= held(world)["a"] | held(world)["c"]
    assert loads(world) == [4, 5]


def test_a_newcomer_gets_what_was_drained_and_no_more(world: World) -> None:
    join(world, "a", "b")
    run(world, SETTLED)
    before = epochs(world)
    world.workers["a"].drain_ticks = world.workers["b"].drain_ticks = 20
    join(world, "c")
    run(world, 2 * SETTLED + 20)
    assert loads(world) == [3, 3, 3]
    moved = {shard for shard, epoch in epochs(world).items() if epoch != before[shard]}
    assert moved == held(world)["c"]


def test_what_a_leaving_worker_gives_up_is_taken_at_once(world: World) -> None:
    join(world, "a", "b")
    run(world, SETTLED)
    world.workers["a"].leave()
    run(world, ticks(POLL_SECONDS + 2 * FAST_POLL_SECONDS))
    assert held(world) == {"a": set(), "b": set(range(9))}


def test_a_worker_that_is_cut_off_stops_before_its_shards_are_free(world: World) -> None:
    join(world, "a")
    run(world, SETTLED)
    world.workers["a"].cut_off = True
    ends: dict[str, int] = {}

    def watch() -> None:
        if not held(world)["a"]:
            ends.setdefault("work", world.now)
        if world.bucket.snapshot().entries.keys() != set(range(9)):
            ends.setdefault("lease", world.now)

    run(world, ticks(TTL_SECONDS), watch)
    assert ends["lease"] - ends["work"] == ticks(MARGIN_SECONDS)


def test_a_worker_that_slept_knows_at_once_that_it_has_nothing(world: World) -> None:
    join(world, "a", "b")
    run(world, SETTLED)
    world.workers["a"].stopped = True
    run(world, ticks(10))
    assert held(world) == {"a": set(), "b": set(range(9))}, "before it has done anything"
    world.workers["a"].stopped = False
    run(world, ticks(5))
    assert loads(world) == [4, 5]


@pytest.mark.parametrize("fault", Fault)
def test_a_lease_outlives_a_renewal_that_goes_astray(world: World, fault: Fault) -> None:
    join(world, "a")
    run(world, SETTLED)
    before = epochs(world)
    for _ in range(5):
        world.workers["a"].faults.append(fault)
        run(world, ticks(RENEW_SECONDS) + ANSWER_TICKS)
    run(world, 200)
    assert epochs(world) == before
    assert loads(world) == [9]


def test_a_shard_that_was_leased_without_an_answer_is_not_held_until_leased_again(
    world: World,
) -> None:
    world.shards = range(1)
    join(world, "a")
    run(world, 5)
    world.workers["a"].faults.append(Fault.UNANSWERED)
    run(world, ANSWER_TICKS)
    assert world.bucket.get(0) is not None, "the broker has it"
    assert held(world) == {"a": set()}
    run(world, SETTLED)
    assert held(world) == {"a": {0}}


def test_a_member_that_is_not_registered_changes_nothing(world: World) -> None:
    member = LeaseMember("a", range(2), world)
    member.taken(0, 7, world.monotonic())
    unseen = BucketSnapshot({"b": UNKNOWN_SPEED}, {0: LeaseEntry("a", 7, 7)})
    assert member.decide(unseen) == member.decide(unseen) == LeaseActions()


def test_an_answer_that_comes_too_late_gives_no_term(world: World) -> None:
    member = LeaseMember("a", range(2), world)
    asked_at = world.monotonic()
    run(world, ticks(TTL_SECONDS - MARGIN_SECONDS))
    assert member.taken(0, 7, asked_at) is None
    assert member.decide(
        BucketSnapshot({"a": UNKNOWN_SPEED}, {0: LeaseEntry("a", 7, 7)})
    ).forget == (7,)


@pytest.mark.parametrize("entry", [None, LeaseEntry("b", 9, 9), LeaseEntry("a", 9, 9)])
def test_a_renewal_that_another_entry_refuses_ends_the_term(entry: LeaseEntry | None) -> None:
    term = LeaseTerm(0, epoch=7, sequence=8, certain_until=100.0)
    term.renewal_refused(entry, "a")
    assert term.certain_until < 0
    assert term.sequence == 8, "of the other's entry nothing may be written"
