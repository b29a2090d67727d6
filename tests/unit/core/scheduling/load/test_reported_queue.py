"""What a backend told of its queue, as it gets older."""

import pytest

from framemesh.core.scheduling.load.reported_queue import JITTER, ReportedQueue


def test_a_queue_goes_down_at_the_rate_of_the_backend_give_or_take_a_quarter() -> None:
    queue = ReportedQueue(seed=1, about="cloud", callers=1)
    assert queue.batches(5.0, per_second=10.0) == 0
    queue.told(20, now=5.0)
    assert queue.batches(5.0, per_second=10.0) == 20
    left = queue.batches(6.0, per_second=10.0)
    assert 20 - 10 * (1 + JITTER) <= left <= 20 - 10 * (1 - JITTER)
    assert queue.batches(60.0, per_second=10.0) == 0


def test_callers_come_back_to_it_at_different_moments() -> None:
    def looks_empty_at(seed: int) -> float:
        queue = ReportedQueue(seed, "cloud", callers=1)
        queue.told(10, now=0.0)
        return next(at / 100 for at in range(1000) if not queue.batches(at / 100, per_second=10.0))

    moments = [looks_empty_at(seed) for seed in range(40)]
    assert moments == [looks_empty_at(seed) for seed in range(40)]
    assert min(moments) < 0.9
    assert max(moments) > 1.15
    assert len(set(moments)) > 20


def test_other_callers_are_taken_to_have_sent_as_many_as_this_one() -> None:
    queue = ReportedQueue(seed=1, about="cloud", callers=4)
    queue.told(2, now=0.0)
    queue.sent()
    queue.sent()
    assert queue.batches(0.0, per_second=10.0) == 2 + 3 * 2
    queue.told(5, now=0.1)
    assert queue.batches(0.1, per_second=10.0) == 5


def test_no_backend_has_fewer_than_none() -> None:
    queue = ReportedQueue(seed=1, about="cloud", callers=1)
    queue.told(-3, now=0.0)
    assert queue.batches(0.0, per_second=10.0) == pytest.approx(0)
