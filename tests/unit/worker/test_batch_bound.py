"""The largest batch that is worth it, learned from what requests cost; and groups of that size."""

from collections.abc import Callable

import pytest
from tritonclient.grpc import service_pb2 as pb

from framemesh.worker.engine.batch_bound import BatchBound, BatchCost
from framemesh.worker.engine.batch_costs import BatchCosts
from framemesh.worker.engine.group_sizes import MAX_GROUP, GroupSizes
from framemesh.worker.triton.client import TritonClient

MS = 0.001


def costs(seconds_each: Callable[[int], float], *sizes: int) -> dict[int, BatchCost]:
    """A hundred requests of each size."""
    return {size: BatchCost(100, 100 * size * seconds_each(size)) for size in sizes}


def caches(size: int) -> float:
    """Each input costs less with more of them, until they do not fit into a cache."""
    return (5 + 1 / size + (2 if size > 4 else 0)) * MS


def test_at_first_it_is_what_the_model_takes() -> None:
    bound = BatchBound(8)
    assert bound.now == 8
    bound.learn({8: BatchCost(3, 1.0), 1: BatchCost(3, 0.001)})
    assert bound.now == 8, "few executions tell nothing"


def test_a_batch_beyond_the_caches_is_not_worth_it() -> None:
    bound = BatchBound(8)
    bound.learn(costs(caches, 1, 2, 4, 8))
    assert bound.now == 4


def test_a_larger_batch_is_taken_where_it_costs_hardly_more() -> None:
    bound = BatchBound(16)
    bound.learn(costs(lambda size: (5 + 0.01 * size) * MS, 1, 4, 16))
    assert bound.now == 16


def test_what_was_not_seen_for_long_is_tried_again() -> None:
    bound = BatchBound(8)
    bound.learn(costs(caches, 4, 8))
    assert bound.now == 4
    for _ in range(20):
        bound.learn(costs(lambda _: 5 * MS, 2, 4))
    assert bound.now == 8


@pytest.mark.parametrize(
    ("waiting", "at_work", "size"),
    [(1, 0, 1), (8, 0, 2), (3, 3, 3), (64, 3, 6), (64, 4, 0), (0, 0, 0), (64, 9, 0)],
)
def test_frames_that_wait_are_shared_out_among_idle_groups(
    waiting: int, at_work: int, size: int
) -> None:
    assert GroupSizes(4, BatchBound(6)).next_size(waiting, at_work) == size


def test_a_group_is_bounded_whatever_the_model_takes() -> None:
    assert GroupSizes(1, BatchBound(128)).next_size(1000, 0) == MAX_GROUP


def statistics(executions: int, each: float, size: int = 8) -> pb.ModelStatistics:
    part = pb.StatisticDuration(count=executions, ns=round(executions * size * each * 1e9))
    return pb.ModelStatistics(
        name="person", batch_stats=[pb.InferBatchStatistics(batch_size=size, compute_infer=part)]
    )


def test_what_triton_says_in_all_is_learned_once_also_where_it_was_started_again() -> None:
    learned: list[dict[int, BatchCost]] = []

    class Recorded(BatchBound):
        def learn(self, costs: object) -> None:
            learned.append(costs)  # type: ignore[arg-type]

    asked = BatchCosts(TritonClient(), {"person": [Recorded(8)]})
    for executions in (10, 30, 30, 5):
        asked.update([statistics(executions, 0.5)])
    assert [{size: cost.executions for size, cost in each.items()} for each in learned] == [
        {8: 10},
        {8: 20},
        {8: 5},
    ]
    assert learned[1][8].seconds == pytest.approx(20 * 8 * 0.5)
