"""What a caller thinks of how busy a backend is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.scheduling.backend import Backend, InvalidBackend
from framemesh.core.scheduling.load.back_off import LONGEST_SECONDS
from framemesh.core.scheduling.load.backend_load import BackendLoad
from framemesh.core.scheduling.load.correction import MOST

CLOUD = Backend("cloud", capacity=2, queue_bound=4)


def load(typical: float = 0.1, *, seed: int = 0, callers: int = 1) -> BackendLoad:
    return BackendLoad(CLOUD, typical, seed=seed, callers=callers)


def test_its_own_batches_and_those_of_others_are_waited_for() -> None:
    cloud = load()
    assert cloud.wait(0.0) == 0
    for request in range(3):
        cloud.sent(request, 0.1, now=0.0)
    assert cloud.wait(0.0) == pytest.approx(0.1)
    # Of five that wait, one is this caller's; two are done in 0.1 s.
    cloud.told(5, now=0.0)
    assert cloud.wait(0.0) == pytest.approx(0.1 + 4 * 0.05)


def test_where_all_takes_what_was_said_nothing_is_corrected() -> None:
    cloud, now = load(), 0.0
    for request in range(50):
        cloud.sent(request, 0.1, now)
        now += 0.1
        assert cloud.answered(request, 0.1, now) == pytest.approx(0.1)
    assert cloud.wait(now) == pytest.approx(0, abs=1e-9)


def test_a_backend_that_hides_its_queue_is_found_out() -> None:
    """It says that nothing waits, and each batch waits for 0.2 s before its 0.1 s."""
    cloud, now = load(), 0.0
    for request in range(40):
        cloud.told(0, now)
        cloud.sent(request, 0.1, now)
        now += 0.3
        took = cloud.answered(request, 0.3, now)
    assert cloud.wait(now) == pytest.approx(0.2, abs=0.01)
    assert took == pytest.approx(0.1, abs=0.02)


def test_a_backend_that_hides_its_queue_no_more_is_trusted_again() -> None:
    cloud, now = load(), 0.0
    for request in range(80):
        seconds = 0.3 if request < 40 else 0.1
        cloud.sent(request, 0.1, now)
        now += seconds
        cloud.answered(request, seconds, now)
    assert cloud.wait(now) == pytest.approx(0.0, abs=0.01)


@given(st.lists(st.floats(0, 1e4), max_size=40))
def test_what_is_seen_changes_a_wait_within_bounds(seen: list[float]) -> None:
    cloud = load()
    for request, seconds in enumerate(seen):
        cloud.sent(request, 0.1, now=0.0)
        took = cloud.answered(request, seconds, now=0.0)
        assert seconds / MOST <= took <= seconds
    assert 0 <= cloud.wait(0.0) <= (MOST - 1) * 0.1 + 1e-9


def test_a_refusal_closes_it_for_a_while_and_an_answer_opens_it() -> None:
    cloud = load()
    cloud.sent(1, 0.1, now=0.0)
    cloud.failed(1, now=0.0)
    assert cloud.outstanding == 0
    assert not cloud.is_open(0.0)
    assert cloud.is_open(LONGEST_SECONDS)
    cloud.sent(2, 0.1, now=0.0)
    cloud.answered(2, 0.1, now=0.001)
    assert cloud.is_open(0.001)


def test_it_is_closed_while_its_queue_is_full() -> None:
    cloud = load()
    cloud.told(3, now=0.0)
    assert cloud.is_open(0.0)
    cloud.told(4, now=0.0)
    assert not cloud.is_open(0.0)
    assert cloud.is_open(1.0)


def test_a_caller_has_no_more_there_than_its_share() -> None:
    # Six places for four callers: one each, and two of them have one more.
    cloud = load(callers=4)
    sent = 0
    while cloud.is_open(0.0):
        cloud.sent(sent, 0.1, now=0.0)
        sent += 1
    assert sent in {1, 2}


def test_shares_of_many_callers_fill_a_backend_and_do_not_flood_it() -> None:
    def places(seed: int) -> int:
        cloud = BackendLoad(
            Backend("cloud", capacity=10, queue_bound=140), 0.1, seed=seed, callers=100
        )
        count = 0
        while cloud.is_open(0.0):
            cloud.sent(count, 0.1, now=0.0)
            count += 1
            cloud.told(0, now=0.0)
        return count

    assert 120 <= sum(places(seed) for seed in range(100)) <= 180


def test_a_batch_that_is_forgotten_is_waited_for_no_more() -> None:
    cloud = load()
    for request in range(3):
        cloud.sent(request, 0.1, now=0.0)
    assert cloud.expected_wait(2, 0.0) == pytest.approx(0.1)
    cloud.forgotten(1, now=0.0)
    assert cloud.wait(0.0) == pytest.approx(0.1)
    assert cloud.expected_wait(1, 0.0) == 0


def test_an_answer_to_a_request_that_is_not_known_says_nothing_of_the_backend() -> None:
    cloud = load()
    assert cloud.answered(99, 7.0, now=0.0) == 7.0
    assert cloud.wait(0.0) == 0


def test_how_many_run_at_once_is_an_average_over_seconds() -> None:
    cloud = load()
    cloud.sent(1, 100.0, now=0.0)
    cloud.sent(2, 100.0, now=0.0)
    cloud.sent(3, 100.0, now=0.0)
    assert cloud.running(0.0) == 0
    assert cloud.running(2.0) == pytest.approx(2 * (1 - 0.3679), abs=0.001)
    assert cloud.running(60.0) == pytest.approx(2.0)


@pytest.mark.parametrize(("typical", "callers"), [(0.0, 1), (0.1, 0)])
def test_a_load_without_callers_or_time_is_refused(typical: float, callers: int) -> None:
    with pytest.raises(InvalidBackend, match="backend cloud"):
        BackendLoad(CLOUD, typical, callers=callers)
