from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, LatestSpec
from framemesh.worker.intake.scheduler import QueuedFrame, Scheduler

MS = 1_000_000
EVERY = DeliverySpec()
FRESH = DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=500)))

cameras = st.sampled_from(["a", "b", "c"])


def arrive(scheduler: Scheduler[str], camera: str, position: int, captured: int = 0) -> list[str]:
    return scheduler.arrive(
        QueuedFrame(camera, "FRAMES", position, captured, f"{camera}{position}")
    )


def taken(scheduler: Scheduler[str]) -> list[str]:
    found: list[str] = []
    while (item := scheduler.take()) is not None:
        found.append(item)
    return found


def test_every_frame_in_the_order_in_which_it_came() -> None:
    scheduler: Scheduler[str] = Scheduler(EVERY)
    for position, camera in ((7, "a"), (1, "b"), (8, "a"), (2, "b")):
        assert arrive(scheduler, camera, position) == []
    assert taken(scheduler) == ["a7", "b1", "a8", "b2"]
    assert scheduler.take() is None


def test_high_priority_overtakes() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(high_priority=("gate",)))
    for position in range(3):
        arrive(scheduler, "a", position)
    arrive(scheduler, "gate", 9)
    assert taken(scheduler) == ["gate9", "a0", "a1", "a2"]


def test_latest_keeps_the_newest_of_each_camera() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(2)))
    assert arrive(scheduler, "a", 1) == []
    assert arrive(scheduler, "b", 2) == []
    assert arrive(scheduler, "a", 3) == []
    assert arrive(scheduler, "a", 4) == ["a1"]
    assert taken(scheduler) == ["a3", "b2", "a4"]


def test_positions_of_an_older_stream_make_no_frame_of_the_new_one_older() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(1)))
    scheduler.arrive(QueuedFrame("a", "FRAMES-1", 900_000, 0, "old"))
    assert scheduler.take() == "old"
    assert scheduler.arrive(QueuedFrame("a", "FRAMES-2", 1, 0, "new")) == []
    assert scheduler.arrive(QueuedFrame("a", "FRAMES-2", 2, 0, "newer")) == ["new"]
    assert scheduler.take() == "newer"


def test_latest_does_not_go_back_to_a_frame_that_is_delivered_again() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(1)))
    arrive(scheduler, "a", 5)
    assert scheduler.take() == "a5"
    assert arrive(scheduler, "a", 3) == ["a3"]
    # The newest itself is looked at again: its outcome may be missing.
    assert arrive(scheduler, "a", 5) == []
    assert scheduler.take() == "a5"


@given(st.lists(st.tuples(cameras, st.booleans()), max_size=60), st.integers(1, 4))
def test_latest_supersedes_exactly_what_has_enough_newer_ones(
    events: list[tuple[str, bool]], keep: int
) -> None:
    """Each event is an arrival, perhaps with a turn after it."""
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(keep)))
    superseded: list[str] = []
    looked_at: list[str] = []
    arrived: dict[str, list[int]] = defaultdict(list)
    for position, (camera, turn) in enumerate(events, 1):
        superseded += arrive(scheduler, camera, position)
        arrived[camera].append(position)
        if turn and (item := scheduler.take()):
            assert int(item[1:]) in arrived[item[0]][-keep:]
            looked_at.append(item)
    looked_at += taken(scheduler)
    everything = [f"{camera}{p}" for camera, positions in arrived.items() for p in positions]
    assert sorted(superseded + looked_at) == sorted(everything)
    # The newest of every camera is looked at.
    assert {f"{camera}{positions[-1]}" for camera, positions in arrived.items()} <= set(looked_at)


def test_fresh_expires_what_is_too_old_and_nothing_else() -> None:
    scheduler: Scheduler[str] = Scheduler(FRESH)
    arrive(scheduler, "a", 1, captured=0)
    arrive(scheduler, "a", 2, captured=100 * MS)
    arrive(scheduler, "b", 3, captured=0)
    assert scheduler.expire(500 * MS) == []
    assert sorted(scheduler.expire(501 * MS)) == ["a1", "b3"]
    assert taken(scheduler) == ["a2"]


def test_a_camera_whose_turn_came_to_nothing_has_the_next_one() -> None:
    scheduler: Scheduler[str] = Scheduler(FRESH)
    for position in range(2):
        for camera in ("a", "b", "c"):
            arrive(scheduler, camera, position)
    assert scheduler.take() == "a0"
    scheduler.again("a")
    scheduler.again("nobody")
    assert taken(scheduler) == ["a1", "b0", "c0", "b1", "c1"]


def test_fresh_shares_the_turns_between_cameras_that_send_at_the_same_moment() -> None:
    """With a place in one row for all, those that come second would always be the ones left out."""
    scheduler: Scheduler[str] = Scheduler(FRESH)
    served: dict[str, int] = defaultdict(int)
    position = 0
    for tick in range(200):
        for number in range(16):
            position += 1
            arrive(scheduler, chr(ord("a") + number), position, captured=tick * 40 * MS)
        for _ in range(8):
            scheduler.expire(tick * 40 * MS)
            item = scheduler.take()
            assert item is not None
            served[item[0]] += 1
    counts = [served[chr(ord("a") + number)] for number in range(16)]
    assert sum(counts) ** 2 / (16 * sum(c * c for c in counts)) >= 0.999


@given(st.lists(st.tuples(cameras, st.integers(0, 50)), max_size=50), st.integers(0, 60))
def test_fresh_takes_the_oldest_of_a_camera_first(frames: list[tuple[str, int]], now: int) -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=20))))
    captured: dict[str, int] = {}
    for position, (camera, at) in enumerate(frames):
        arrive(scheduler, camera, position, captured=at * MS)
        captured[f"{camera}{position}"] = at
    expired = scheduler.expire(now * MS)
    assert all(now - captured[item] > 20 for item in expired)
    left = taken(scheduler)
    assert all(now - captured[item] <= 20 for item in left)
    assert sorted(expired + left) == sorted(captured)
    for camera in "abc":
        ages = [captured[item] for item in left if item[0] == camera]
        assert ages == sorted(ages)
