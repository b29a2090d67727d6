"""What is learned of the speed of nodes, and what of it is stored."""

from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.master.fleet.port import Replica, WorkerState
from framemesh.master.scaling.node_rates import MOST_NODES, NodeRate, learned, moved


def worker(name: str, node: str) -> Replica:
    return Replica(name, "street", 1, node, WorkerState.READY)


EAST = [worker("a", "east"), worker("b", "east")]


def test_a_node_is_as_fast_as_its_workers_are_on_average() -> None:
    found = learned({}, {"a": WorkerSpeed(600), "b": WorkerSpeed(1200)}, EAST)
    assert found == {"east": NodeRate(15.0)}


def test_what_a_saturated_worker_did_counts_alone() -> None:
    speeds = {"a": WorkerSpeed(600), "b": WorkerSpeed(1200, saturated=True)}
    assert learned({}, speeds, EAST) == {"east": NodeRate(20.0, saturated=True)}


def test_what_one_does_at_least_says_nothing_against_what_is_known() -> None:
    known = {"east": NodeRate(20.0, saturated=True)}
    assert learned(known, {"a": WorkerSpeed(600)}, EAST) == known
    more = learned(known, {"a": WorkerSpeed(1800)}, EAST)
    assert more == {"east": NodeRate(30.0, saturated=True)}
    less = learned(known, {"a": WorkerSpeed(600, saturated=True)}, EAST)
    assert less == {"east": NodeRate(10.0, saturated=True)}


def test_nodes_without_workers_and_workers_that_know_nothing_change_nothing() -> None:
    known = {"west": NodeRate(5.0)}
    assert learned(known, {"a": UNKNOWN_SPEED, "gone": WorkerSpeed(60)}, EAST) == known


def test_so_many_nodes_are_remembered_and_no_more() -> None:
    known: dict[str, NodeRate] = {}
    for number in range(2 * MOST_NODES):
        known = learned(known, {"w": WorkerSpeed(60)}, [worker("w", f"n{number}")])
    assert [*known] == [f"n{number}" for number in range(MOST_NODES, 2 * MOST_NODES)]


def test_small_changes_are_not_stored() -> None:
    stored = {"east": NodeRate(20.0)}
    assert not moved(stored, {"east": NodeRate(21.9)})
    assert moved(stored, {"east": NodeRate(22.1)})
    assert moved(stored, {"east": NodeRate(20.0, saturated=True)})
    assert moved(stored, {})
    assert moved(stored, {**stored, "west": NodeRate(1.0)})
