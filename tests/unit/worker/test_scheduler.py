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


def enqueue(scheduler: Scheduler[str], camera: str, position: int, captured: int = 0) -> list[str]:
    return scheduler.enqueue(
        QueuedFrame(camera, "FRAMES", position, captured, f"{camera}{position}")
    )


def served_all(scheduler: Scheduler[str]) -> list[str]:
    found: list[str] = []
    while (item := scheduler.next()) is not None:
        found.append(item)
    return found


def test_every_frame_is_served_in_the_order_in_which_it_came() -> None:
    scheduler: Scheduler[str] = Scheduler(EVERY)
    for position, camera in ((7, "a"), (1, "b"), (8, "a"), (2, "b")):
        assert enqueue(scheduler, camera, position) == []
    assert served_all(scheduler) == ["a7", "b1", "a8", "b2"]
    assert scheduler.next() is None


def test_cameras_of_high_priority_are_served_first() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(high_priority=("gate",)))
    for position in range(3):
        enqueue(scheduler, "a", position)
    enqueue(scheduler, "gate", 9)
    assert served_all(scheduler) == ["gate9", "a0", "a1", "a2"]


def test_latest_keeps_the_newest_of_each_camera() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(2)))
    assert enqueue(scheduler, "a", 1) == []
    assert enqueue(scheduler, "b", 2) == []
    assert enqueue(scheduler, "a", 3) == []
    assert enqueue(scheduler, "a", 4) == ["a1"]
    assert served_all(scheduler) == ["a3", "b2", "a4"]


def test_positions_of_an_older_stream_make_no_frame_of_the_new_one_older() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(1)))
    scheduler.enqueue(QueuedFrame("a", "FRAMES-1", 900_000, 0, "old"))
    assert scheduler.next() == "old"
    assert scheduler.enqueue(QueuedFrame("a", "FRAMES-2", 1, 0, "new")) == []
    assert scheduler.enqueue(QueuedFrame("a", "FRAMES-2", 2, 0, "newer")) == ["new"]
    assert scheduler.next() == "newer"


def test_latest_does_not_go_back_to_a_frame_that_is_delivered_again() -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(1)))
    enqueue(scheduler, "a", 5)
    assert scheduler.next() == "a5"
    assert enqueue(scheduler, "a", 3) == ["a3"]
    # The newest itself is looked at again: its outcome may be missing.
    assert enqueue(scheduler, "a", 5) == []
    assert scheduler.next() == "a5"


@given(st.lists(st.tuples(cameras, st.booleans()), max_size=60), st.integers(1, 4))
def test_latest_supersedes_exactly_what_has_enough_newer_ones(
    events: list[tuple[str, bool]], keep: int
) -> None:
    """Each event is an arrival; where its flag is set, a frame is dispatched after it."""
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(latest=LatestSpec(keep)))
    superseded: list[str] = []
    looked_at: list[str] = []
    arrived: dict[str, list[int]] = defaultdict(list)
    for position, (camera, dispatch) in enumerate(events, 1):
        superseded += enqueue(scheduler, camera, position)
        arrived[camera].append(position)
        if dispatch and (item := scheduler.next()):
            assert int(item[1:]) in arrived[item[0]][-keep:]
            looked_at.append(item)
    looked_at += served_all(scheduler)
    everything = [f"{camera}{p}" for camera, positions in arrived.items() for p in positions]
    assert sorted(superseded + looked_at) == sorted(everything)
    # The newest of every camera is looked at.
    assert {f"{camera}{positions[-1]}" for camera, positions in arrived.items()} <= set(looked_at)


def test_fresh_expires_what_is_too_old_and_nothing_else() -> None:
    scheduler: Scheduler[str] = Scheduler(FRESH)
    enqueue(scheduler, "a", 1, captured=0)
    enqueue(scheduler, "a", 2, captured=100 * MS)
    enqueue(scheduler, "b", 3, captured=0)
    assert scheduler.expire(500 * MS) == []
    assert sorted(scheduler.expire(501 * MS)) == ["a1", "b3"]
    assert served_all(scheduler) == ["a2"]


def test_a_camera_that_is_prioritized_is_served_next() -> None:
    scheduler: Scheduler[str] = Scheduler(FRESH)
    for position in range(2):
        for camera in ("a", "b", "c"):
            enqueue(scheduler, camera, position)
    assert scheduler.next() == "a0"
    scheduler.prioritize("a")
    scheduler.prioritize("nobody")
    assert served_all(scheduler) == ["a1", "b0", "c0", "b1", "c1"]


def test_fresh_serves_cameras_that_send_at_the_same_moment_equally() -> None:
    """With one queue for all, the cameras that come second would always be the ones that expire."""
    scheduler: Scheduler[str] = Scheduler(FRESH)
    served: dict[str, int] = defaultdict(int)
    position = 0
    for tick in range(200):
        for number in range(16):
            position += 1
            enqueue(scheduler, chr(ord("a") + number), position, captured=tick * 40 * MS)
        for _ in range(8):
            scheduler.expire(tick * 40 * MS)
            item = scheduler.next()
            assert item is not None
            served[item[0]] += 1
    counts = [served[chr(ord("a") + number)] for number in range(16)]
    assert sum(counts) ** 2 / (16 * sum(c * c for c in counts)) >= 0.999


@given(st.lists(st.tuples(cameras, st.integers(0, 50)), max_size=50), st.integers(0, 60))
def test_fresh_serves_the_oldest_of_a_camera_first(frames: list[tuple[str, int]], now: int) -> None:
    scheduler: Scheduler[str] = Scheduler(DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=20))))
    captured: dict[str, int] = {}
    for position, (camera, at) in enumerate(frames):
        enqueue(scheduler, camera, position, captured=at * MS)
        captured[f"{camera}{position}"] = at
    expired = scheduler.expire(now * MS)
    assert all(now - captured[item] > 20 for item in expired)
    left = served_all(scheduler)
    assert all(now - captured[item] <= 20 for item in left)
    assert sorted(expired + left) == sorted(captured)
    for camera in "abc":
        ages = [captured[item] for item in left if item[0] == camera]
        assert ages == sorted(ages)
