"""A rollout in steps: every step is within its bounds, and the last one has only what is wanted."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.master.fleet.port import Replica, WorkerGroup, WorkerState
from framemesh.master.fleet.rollout import DEFAULT_POLICY, RolloutPolicy, next_groups

READY, STARTING, FAILED, STOPPING = (
    WorkerState.READY,
    WorkerState.STARTING,
    WorkerState.FAILED,
    WorkerState.STOPPING,
)


def replicas(revision: int, *states: WorkerState) -> list[Replica]:
    return [
        Replica(f"street-r{revision}-{number}", "street", revision, "east", state)
        for number, state in enumerate(states)
    ]


def counts(
    wanted: int, observed: Sequence[Replica], policy: RolloutPolicy = DEFAULT_POLICY
) -> dict[int, int]:
    """Revision -> replicas, on the way to `wanted` replicas of revision 7."""
    groups = next_groups(WorkerGroup("street", 7, wanted), observed, policy)
    return {group.revision: group.replicas for group in groups}


def test_where_nothing_runs_all_are_started_at_once() -> None:
    assert counts(3, []) == {7: 3}


def test_a_single_worker_is_stopped_once_the_next_one_is_ready() -> None:
    assert counts(1, replicas(6, READY)) == {6: 1, 7: 1}
    assert counts(1, replicas(6, READY) + replicas(7, STARTING)) == {6: 1, 7: 1}
    assert counts(1, replicas(6, READY) + replicas(7, READY)) == {7: 1}


def test_of_several_workers_one_is_replaced_at_a_time() -> None:
    assert counts(3, replicas(6, READY, READY, READY)) == {6: 2, 7: 1}
    assert counts(3, replicas(6, READY, READY) + replicas(7, STARTING)) == {6: 2, 7: 2}
    assert counts(3, replicas(6, READY, READY) + replicas(7, READY, STARTING)) == {6: 1, 7: 2}


def test_workers_that_stop_still_take_room() -> None:
    assert counts(2, replicas(6, READY, STOPPING)) == {6: 1, 7: 1}
    assert counts(1, replicas(6, STOPPING, STOPPING)) == {}


def test_a_revision_that_does_not_become_ready_takes_nothing_away_that_is_needed() -> None:
    assert counts(1, replicas(6, READY) + replicas(7, FAILED)) == {6: 1, 7: 1}
    assert counts(3, replicas(6, READY, READY) + replicas(7, FAILED, FAILED)) == {6: 2, 7: 2}


def test_workers_that_are_not_ready_for_a_moment_are_not_given_up_for_unknown_ones() -> None:
    assert counts(1, replicas(6, STARTING) + replicas(7, STARTING)) == {6: 1, 7: 1}


def test_workers_that_failed_make_room_first() -> None:
    assert counts(1, replicas(5, READY) + replicas(6, FAILED)) == {5: 1}
    assert counts(2, replicas(5, READY, READY) + replicas(6, FAILED)) == {5: 1}


def test_no_worker_wanted_stops_all_of_every_revision() -> None:
    assert counts(0, replicas(6, READY) + replicas(7, READY, STARTING)) == {}


def test_a_change_of_the_number_alone_is_made_at_once() -> None:
    assert counts(1, replicas(7, READY, READY, READY)) == {7: 1}
    assert counts(5, replicas(7, READY)) == {7: 5}


def test_a_worker_that_is_seen_on_two_nodes_counts_once() -> None:
    (one,) = replicas(6, READY)
    assert counts(1, [one, replace(one, node="west", state=STARTING)]) == {6: 1, 7: 1}


class Fleet:
    """Workers that do what a plan says, some time later, in the order that a test draws."""

    def __init__(self, observed: Sequence[Replica], broken: frozenset[int]) -> None:
        self.replicas = {each.id: each for each in observed}
        self._broken = broken
        self._number = count()

    @property
    def ready(self) -> int:
        return sum(each.ready for each in self.replicas.values())

    def apply(self, groups: Sequence[WorkerGroup]) -> None:
        wanted = {group.revision: group.replicas for group in groups}
        live = [each for each in self.replicas.values() if each.state is not STOPPING]
        for revision in {each.revision for each in live} | wanted.keys():
            mine = [each for each in live if each.revision == revision]
            # Those that are not ready first, as the port promises.
            mine.sort(key=lambda each: not each.ready)
            for each in mine[wanted.get(revision, 0) :]:
                self.replicas[each.id] = replace(each, state=STOPPING)
            for _ in range(wanted.get(revision, 0) - len(mine)):
                id_ = f"new-{next(self._number)}"
                self.replicas[id_] = Replica(id_, "street", revision, "east", STARTING)

    def changing(self) -> list[Replica]:
        """The workers to which something will happen by itself."""
        return [each for each in self.replicas.values() if self._next(each) is not each.state]

    def changes(self, replica: Replica) -> None:
        state = self._next(replica)
        if state is None:
            del self.replicas[replica.id]
        else:
            self.replicas[replica.id] = replace(replica, state=state)

    def _next(self, replica: Replica) -> WorkerState | None:
        if replica.state is STOPPING:
            return None
        return FAILED if replica.revision in self._broken else READY


# Revision 5 works and 6 may not: an earlier rollout that failed, or was overtaken.
OLD = st.lists(
    st.tuples(st.sampled_from([5, 6]), st.sampled_from([READY, STARTING, FAILED, STOPPING])),
    max_size=6,
)
POLICIES = st.builds(RolloutPolicy, max_surge=st.integers(1, 3), max_unavailable=st.integers(0, 3))


@given(st.integers(0, 5), OLD, POLICIES, st.booleans(), st.data())
def test_every_step_is_bounded_and_a_revision_that_works_is_the_only_one_in_the_end(
    wanted: int,
    old: list[tuple[int, WorkerState]],
    policy: RolloutPolicy,
    works: bool,
    data: st.DataObject,
) -> None:
    observed = [
        Replica(f"old-{number}", "street", revision, "east", state)
        for number, (revision, state) in enumerate(old)
    ]
    fleet = Fleet(observed, frozenset({6} if works else {6, 7}))
    target = WorkerGroup("street", 7, wanted)
    needed = wanted - min(policy.max_unavailable, max(0, wanted - 1))
    for _ in range(100):
        ready, present = fleet.ready, len(fleet.replicas)
        fleet.apply(next_groups(target, list(fleet.replicas.values()), policy))
        assert fleet.ready >= min(ready, needed)
        assert len(fleet.replicas) <= max(present, wanted + policy.max_surge)
        changing = fleet.changing()
        if not changing:
            break
        fleet.changes(data.draw(st.sampled_from(changing)))
    else:
        pytest.fail("it does not come to rest")
    if works or wanted == 0:
        at_rest = [(each.revision, each.state) for each in fleet.replicas.values()]
        assert at_rest == [(7, READY)] * wanted
