"""Frames that the camera's own filter dropped: numbered, told in runs, counted."""

import random

import pytest

from framemesh.sdk import BadFrame, CameraClosed, Counts
from framemesh.sdk.session.core import FILTERED_SECONDS, CameraCore
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.filtered_runs import MAX_RUNS, FilteredRuns
from framemesh.sdk.session.offered_frame import MAX_FILTERED, OfferedFrame
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import CameraSession

PLENTY = Credit(frames=100, bytes=1_000_000)


def run(last: int, frames: int) -> OfferedFrame:
    return OfferedFrame(last, 0, b"", 0, filtered=frames)


def filtered(sequence: int) -> FrameRejected:
    return FrameRejected(sequence, "filtered", "")


def sent(session: CameraSession) -> list[tuple[int, int]]:
    found = []
    while message := session.next_to_send():
        found += [(frame.sequence, frame.filtered) for frame in message]
    return found


def opened(spool: Credit | None = None) -> CameraSession:
    session = CameraSession("s1", spool)
    session.opened(PLENTY, 1000)
    return session


def test_a_run_is_told_before_the_next_frame() -> None:
    session = opened()
    session.offer(b"a", 7)
    session.filtered(1)
    session.filtered(2)
    assert sent(session) == [(1, 0)]
    assert session.offer(b"b", 7).sequence == 5
    assert sent(session) == [(4, 3), (5, 0)]


def test_what_is_told_is_counted_as_rejected_once_ingest_answered() -> None:
    session = opened()
    session.filtered(3)
    assert session.counts == Counts(3, 0, 0, 0, pending=3)
    session.tell_filtered()
    sent(session)
    session.acknowledged([], [filtered(3)])
    assert session.counts == Counts(3, 0, 3, 0, pending=0, filtered=3)
    assert session.take_rejected() == [], "nothing is wrong with them"


def test_an_unanswered_run_is_told_again_on_the_next_stream() -> None:
    session = opened()
    session.filtered(3)
    session.tell_filtered()
    sent(session)
    session.broken()
    session.opened(PLENTY, 1000)
    assert sent(session) == [(3, 3)]


def test_runs_that_wait_for_a_stream_become_one() -> None:
    session = CameraSession("s1")
    for _ in range(1000):
        session.filtered(1)
        session.tell_filtered()
    session.opened(PLENTY, 1000)
    assert sent(session) == [(1000, 1000)]


def test_a_run_is_no_longer_than_ingest_takes_it() -> None:
    runs = FilteredRuns()
    runs.add(MAX_FILTERED - 1)
    runs.close(MAX_FILTERED - 1)
    runs.add(2)
    runs.close(MAX_FILTERED + 1)
    assert [runs.take(), runs.take()] == [
        run(MAX_FILTERED - 1, MAX_FILTERED - 1),
        run(MAX_FILTERED + 1, 2),
    ]


def test_runs_with_a_number_between_them_stay_apart_and_are_bounded() -> None:
    session = CameraSession("s1", Credit(1, 100))
    for _ in range(MAX_RUNS + 10):
        session.filtered(2)
        session.offer(b"a", 7)
    assert session.counts.dropped == 2 * 10 + MAX_RUNS + 9
    session.opened(Credit(10_000, 1_000_000), 1000)
    told = sent(session)
    assert len(told) == MAX_RUNS + 1
    assert told[0] == (3 * 10 + 2, 2)
    assert [sequence for sequence, _ in told] == sorted(sequence for sequence, _ in told)


def test_a_full_spool_drops_frames_and_no_run() -> None:
    session = opened(Credit(frames=1, bytes=100))
    session.broken()
    session.offer(b"a", 7)
    session.filtered(5)
    session.offer(b"b", 7)
    assert session.counts == Counts(7, 0, 0, dropped=1, pending=6)


class Clock:
    now = 100.0


def core() -> tuple[CameraCore, Clock]:
    clock = Clock()
    jitter = random.Random(1)  # noqa: S311
    target = Target(("127.0.0.1:7401",), "street", "door")
    made = CameraCore(target, CameraOptions(clock=lambda: 77), lambda: clock.now, jitter)
    made.start()
    next(made.streams())
    made.opened(PLENTY, 1000)
    return made, clock


def told(camera: CameraCore) -> list[tuple[int, int]]:
    return sent(camera._session)


def test_a_camera_that_filters_everything_tells_it_once_a_second() -> None:
    camera, clock = core()
    runs = []
    for _ in range(100):
        camera.filtered(1)
        clock.now += FILTERED_SECONDS / 30
        runs += told(camera)
    assert len(runs) == 3
    assert 90 <= sum(frames for _, frames in runs) <= 100
    camera.begin_close()
    assert sum(frames for _, frames in runs + told(camera)) == 100


@pytest.mark.parametrize("frames", [0, -1, 1.0, MAX_FILTERED + 1, "3"])
def test_what_is_no_number_of_frames_is_refused_in_the_call(frames: int) -> None:
    camera, _ = core()
    with pytest.raises(BadFrame, match="give a whole number from 1"):
        camera.filtered(frames)
    assert camera.counts.offered == 0


def test_a_closed_camera_takes_none() -> None:
    camera, _ = core()
    camera.begin_close()
    with pytest.raises(CameraClosed):
        camera.filtered(1)
