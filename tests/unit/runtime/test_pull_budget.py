from framemesh.runtime.dataplane.plane import PullLimits
from framemesh.runtime.jetstream.consume.pull_budget import ENVELOPE_BYTES, PullBudget, Request

LIMITS = PullLimits(messages=10, bytes=1000)
MIB = 1024 * 1024


def asked(room: PullBudget) -> tuple[int, int] | None:
    request = room.request()
    return None if request is None else (request.messages, request.bytes)


def test_all_the_room_is_asked_for_once_half_of_it_is_free() -> None:
    room = PullBudget(LIMITS)
    assert asked(room) == (10, 1000)
    for _ in range(5):
        room.take(50)
    assert asked(room) == (5, 750)
    room.take(50)
    assert asked(room) is None
    room.give(50)
    room.take(300)
    assert asked(room) is None
    room.give(300)
    assert asked(room) == (5, 750)


def test_after_each_break_half_is_asked_for_down_to_the_largest_message() -> None:
    room = PullBudget(PullLimits(messages=10, bytes=64 * MIB))
    sizes = []
    for _ in range(5):
        room.ask_for_less(max_payload=8 * MIB)
        request = room.request()
        assert request
        sizes.append(request.bytes)
    least = 8 * MIB + ENVELOPE_BYTES
    assert sizes == [32 * MIB, 16 * MIB, least, least, least]


def test_no_more_than_the_limits_is_asked_for_however_large_a_message_may_be() -> None:
    room = PullBudget(LIMITS)
    room.ask_for_less(max_payload=8 * MIB)
    assert asked(room) == (10, 1000)


def test_a_message_that_is_too_large_for_less_is_asked_for_with_all() -> None:
    room = PullBudget(PullLimits(messages=10, bytes=64 * MIB))
    room.ask_for_less(max_payload=MIB)
    refused = room.request()
    assert refused
    assert room.ask_for_more(refused)
    assert asked(room) == (10, 64 * MIB)
    assert not room.ask_for_more(Request(10, 64 * MIB, 10))
