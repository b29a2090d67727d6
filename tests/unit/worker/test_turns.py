from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.delivery import DeliverySpec, FreshSpec, LatestSpec
from framemesh.worker.turns import Turns, Waiting

MS = 1_000_000
EVERY = DeliverySpec()
FRESH = DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=500)))

cameras = st.sampled_from(["a", "b", "c"])


def arrive(turns: Turns[str], camera: str, position: int, captured: int = 0) -> list[str]:
    return turns.arrive(Waiting(camera, "FRAMES", position, captured, f"{camera}{position}"))


def taken(turns: Turns[str]) -> list[str]:
    found: list[str] = []
    while (item := turns.take()) is not None:
        found.append(item)
    return found


def test_every_frame_in_the_order_in_which_it_came() -> None:
    turns: Turns[str] = Turns(EVERY)
    for position, camera in ((7, "a"), (1, "b"), (8, "a"), (2, "b")):
        assert arrive(turns, camera, position) == []
    assert taken(turns) == ["a7", "b1", "a8", "b2"]
    assert turns.take() is None


def test_high_priority_overtakes() -> None:
    turns: Turns[str] = Turns(DeliverySpec(high_priority=("gate",)))
    for position in range(3):
        arrive(turns, "a", position)
    arrive(turns, "gate", 9)
    assert taken(turns) == ["gate9", "a0", "a1", "a2"]


def test_latest_keeps_the_newest_of_each_camera() -> None:
    turns: Turns[str] = Turns(DeliverySpec(latest=LatestSpec(2)))
    assert arrive(turns, "a", 1) == []
    assert arrive(turns, "b", 2) == []
    assert arrive(turns, "a", 3) == []
    assert arrive(turns, "a", 4) == ["a1"]
    assert taken(turns) == ["a3", "b2", "a4"]


def test_positions_of_an_older_stream_make_no_frame_of_the_new_one_older() -> None:
    turns: Turns[str] = Turns(DeliverySpec(latest=LatestSpec(1)))
    turns.arrive(Waiting("a", "FRAMES-1", 900_000, 0, "old"))
    assert turns.take() == "old"
    assert turns.arrive(Waiting("a", "FRAMES-2", 1, 0, "new")) == []
    assert turns.arrive(Waiting("a", "FRAMES-2", 2, 0, "newer")) == ["new"]
    assert turns.take() == "newer"


def test_latest_does_not_go_back_to_a_frame_that_is_delivered_again() -> None:
    turns: Turns[str] = Turns(DeliverySpec(latest=LatestSpec(1)))
    arrive(turns, "a", 5)
    assert turns.take() == "a5"
    assert arrive(turns, "a", 3) == ["a3"]
    # The newest itself is looked at again: its outcome may be missing.
    assert arrive(turns, "a", 5) == []
    assert turns.take() == "a5"


@given(st.lists(st.tuples(cameras, st.booleans()), max_size=60), st.integers(1, 4))
def test_latest_supersedes_exactly_what_has_enough_newer_ones(
    events: list[tuple[str, bool]], keep: int
) -> None:
    """Each event is an arrival, perhaps with a turn after it."""
    turns: Turns[str] = Turns(DeliverySpec(latest=LatestSpec(keep)))
    superseded: list[str] = []
    looked_at: list[str] = []
    arrived: dict[str, list[int]] = defaultdict(list)
    for position, (camera, turn) in enumerate(events, 1):
        superseded += arrive(turns, camera, position)
        arrived[camera].append(position)
        if turn and (item := turns.take()):
            assert int(item[1:]) in arrived[item[0]][-keep:]
            looked_at.append(item)
    looked_at += taken(turns)
    everything = [f"{camera}{p}" for camera, positions in arrived.items() for p in positions]
    assert sorted(superseded + looked_at) == sorted(everything)
    # The newest of every camera is looked at.
    assert {f"{camera}{positions[-1]}" for camera, positions in arrived.items()} <= set(looked_at)


def test_fresh_expires_what_is_too_old_and_nothing_else() -> None:
    turns: Turns[str] = Turns(FRESH)
    arrive(turns, "a", 1, captured=0)
    arrive(turns, "a", 2, captured=100 * MS)
    arrive(turns, "b", 3, captured=0)
    assert turns.expire(500 * MS) == []
    assert sorted(turns.expire(501 * MS)) == ["a1", "b3"]
    assert taken(turns) == ["a2"]


def test_a_camera_whose_turn_came_to_nothing_has_the_next_one() -> None:
    turns: Turns[str] = Turns(FRESH)
    for position in range(2):
        for camera in ("a", "b", "c"):
            arrive(turns, camera, position)
    assert turns.take() == "a0"
    turns.again("a")
    turns.again("nobody")
    assert taken(turns) == ["a1", "b0", "c0", "b1", "c1"]


def test_fresh_shares_the_turns_between_cameras_that_send_at_the_same_moment() -> None:
    """With a place in one row for all, those that come second would always be the ones left out."""
    turns: Turns[str] = Turns(FRESH)
    served: dict[str, int] = defaultdict(int)
    position = 0
    for tick in range(200):
        for number in range(16):
            position += 1
            arrive(turns, chr(ord("a") + number), position, captured=tick * 40 * MS)
        for _ in range(8):
            turns.expire(tick * 40 * MS)
            item = turns.take()
            assert item is not None
            served[item[0]] += 1
    counts = [served[chr(ord("a") + number)] for number in range(16)]
    assert sum(counts) ** 2 / (16 * sum(c * c for c in counts)) >= 0.999


@given(st.lists(st.tuples(cameras, st.integers(0, 50)), max_size=50), st.integers(0, 60))
def test_fresh_takes_the_oldest_of_a_camera_first(frames: list[tuple[str, int]], now: int) -> None:
    turns: Turns[str] = Turns(DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=20))))
    captured: dict[str, int] = {}
    for position, (camera, at) in enumerate(frames):
        arrive(turns, camera, position, captured=at * MS)
        captured[f"{camera}{position}"] = at
    expired = turns.expire(now * MS)
    assert all(now - captured[item] > 20 for item in expired)
    left = taken(turns)
    assert all(now - captured[item] <= 20 for item in left)
    assert sorted(expired + left) == sorted(captured)
    for camera in "abc":
        ages = [captured[item] for item in left if item[0] == camera]
        assert ages == sorted(ages)
