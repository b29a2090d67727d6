"""What all orders of waiting calls have in common, and what each is."""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.queues.call_queue import (
    CallAlreadyQueued,
    CallQueue,
    QueuedCall,
    QueueEmpty,
    QueueFull,
)
from framemesh.core.scheduling.queues.deadline_queue import DeadlineQueue
from framemesh.core.scheduling.queues.depth_queue import DepthQueue
from framemesh.core.scheduling.queues.fifo_queue import FifoQueue
from framemesh.core.scheduling.queues.round_robin_queue import RoundRobinQueue

SEEDED = st.integers(0, 10**9).map(random.Random)
KINDS: list[Callable[[int], CallQueue]] = [DeadlineQueue, DepthQueue, FifoQueue, RoundRobinQueue]
ALL = pytest.mark.parametrize("kind", KINDS)
CALLS = st.lists(
    st.builds(
        QueuedCall,
        st.integers(0, 9),
        st.sampled_from("abc"),
        st.floats(0, 9),
        st.integers(0, 3),
    ),
    max_size=30,
)


def call(number: int, camera: str = "a", deadline: float = 1.0, depth: int = 0) -> QueuedCall:
    return QueuedCall(number, camera, deadline, depth)


def emptied(queue: CallQueue) -> list[int]:
    return [queue.pop().id for _ in range(len(queue))]


@ALL
@settings(max_examples=50)
@given(calls=CALLS, choices=SEEDED)
def test_what_goes_in_comes_out_once(
    kind: Callable[[int], CallQueue], calls: list[QueuedCall], choices: random.Random
) -> None:
    """Against a dictionary: any mix of operations."""
    queue, inside = kind(6), dict[int, QueuedCall]()
    for each in calls:
        try:
            queue.push(each)
            assert each.id not in inside
            inside[each.id] = each
        except CallAlreadyQueued:
            assert each.id in inside
        except QueueFull:
            assert len(inside) >= 3
        if choices.random() < 0.3:
            gone = choices.randrange(10)
            assert queue.remove(gone) == inside.pop(gone, None)
        if choices.random() < 0.2 and inside:
            peeked = queue.peek()
            popped = queue.pop()
            assert peeked == popped == inside.pop(popped.id)
        assert len(queue) == len(inside) <= 6
    assert sorted(emptied(queue)) == sorted(inside)


@ALL
def test_an_empty_queue_has_no_next_call(kind: Callable[[int], CallQueue]) -> None:
    queue = kind(4)
    assert queue.peek() is None
    assert queue.remove(1) is None
    with pytest.raises(QueueEmpty):
        queue.pop()


@ALL
def test_a_call_that_was_taken_out_can_come_back(kind: Callable[[int], CallQueue]) -> None:
    queue = kind(4)
    queue.push(call(1, deadline=1.0))
    queue.push(call(2, "b", deadline=2.0))
    queue.remove(1)
    queue.push(call(1, deadline=3.0))
    assert emptied(queue) == [2, 1]


def test_the_earliest_deadline_is_first_and_of_equal_ones_the_first_that_came() -> None:
    queue = DeadlineQueue(10)
    for number, deadline in enumerate([3.0, 1.0, 2.0, 1.0]):
        queue.push(call(number, deadline=deadline))
    assert emptied(queue) == [1, 3, 2, 0]


def test_the_deepest_call_is_first_and_of_equally_deep_ones_the_earliest_deadline() -> None:
    queue = DepthQueue(10)
    for number, (deadline, depth) in enumerate([(1.0, 0), (9.0, 2), (8.0, 2), (0.5, 1)]):
        queue.push(call(number, deadline=deadline, depth=depth))
    assert emptied(queue) == [2, 1, 3, 0]


def test_first_come_is_first_served() -> None:
    queue = FifoQueue(10)
    for number, deadline in enumerate([3.0, 1.0, 2.0]):
        queue.push(call(number, deadline=deadline))
    assert emptied(queue) == [0, 1, 2]


def test_cameras_take_turns() -> None:
    queue = RoundRobinQueue(20)
    for number, camera in enumerate("aaaabbc"):
        queue.push(call(number, camera))
    assert emptied(queue) == [0, 4, 6, 1, 5, 2, 3]


def test_between_two_calls_of_a_camera_no_other_has_two() -> None:
    queue, dice = RoundRobinQueue(400), random.Random(4)  # noqa: S311
    cameras = [dice.choice("aaaaaaaabcd") for _ in range(200)]
    for number, camera in enumerate(cameras):
        queue.push(call(number, camera))
    since = {camera: Counter[str]() for camera in "abcd"}
    for _ in range(200):
        popped = queue.pop().camera
        assert all(count <= 1 for count in since[popped].values())
        since[popped].clear()
        for camera, counted in since.items():
            if camera != popped:
                counted[popped] += camera in cameras


def test_a_camera_that_sends_much_leaves_room_for_others() -> None:
    queue, taken = RoundRobinQueue(64), Counter[str]()
    for number in range(1000):
        camera = "flood" if number % 10 else f"c{number // 10 % 4}"
        try:
            queue.push(call(number, camera))
        except QueueFull:
            continue
        taken[camera] += 1
    assert taken["flood"] <= 32
    assert all(taken[f"c{at}"] >= 5 for at in range(4))


def test_many_removals_do_not_let_a_heap_grow() -> None:
    queue = DeadlineQueue(10)
    for number in range(10_000):
        queue.push(call(number))
        queue.remove(number)
    assert len(queue._heap) <= 20
