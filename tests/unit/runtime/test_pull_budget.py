from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.jetstream.consume.pull_budget import ENVELOPE_BYTES, PullBudget, Request

LIMITS = PullLimits(messages=10, bytes=1000)
MIB = 1024 * 1024


def requested(budget: PullBudget) -> tuple[int, int] | None:
    request = budget.next_request()
    return None if request is None else (request.messages, request.bytes)


def test_a_request_is_for_all_that_is_free_once_that_is_half() -> None:
    budget = PullBudget(LIMITS)
    assert requested(budget) == (10, 1000)
    for _ in range(5):
        budget.delivered(50)
    assert requested(budget) == (5, 750)
    budget.delivered(50)
    assert requested(budget) is None
    budget.done(50)
    budget.delivered(300)
    assert requested(budget) is None
    budget.done(300)
    assert requested(budget) == (5, 750)


def test_each_lost_connection_halves_requests_down_to_the_largest_message() -> None:
    budget = PullBudget(PullLimits(messages=10, bytes=64 * MIB))
    sizes = []
    for _ in range(5):
        budget.shrink(max_payload=8 * MIB)
        request = budget.next_request()
        assert request
        sizes.append(request.bytes)
    least = 8 * MIB + ENVELOPE_BYTES
    assert sizes == [32 * MIB, 16 * MIB, least, least, least]


def test_a_request_never_exceeds_the_limits() -> None:
    budget = PullBudget(LIMITS)
    budget.shrink(max_payload=8 * MIB)
    assert requested(budget) == (10, 1000)


def test_a_message_too_large_for_a_smaller_request_is_requested_with_the_limits() -> None:
    budget = PullBudget(PullLimits(messages=10, bytes=64 * MIB))
    budget.shrink(max_payload=MIB)
    refused = budget.next_request()
    assert refused
    assert budget.grow(refused)
    assert requested(budget) == (10, 64 * MIB)
    assert not budget.grow(Request(10, 64 * MIB, 10))
