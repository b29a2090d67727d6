"""Each camera has its share of traces, and the same frames each time."""

from itertools import pairwise

import pytest

from framemesh.core.tracing.sampling import HeadSampler

FRAMES = 100_000


def chosen(session: str, share: float, frames: int = FRAMES) -> list[int]:
    sampler = HeadSampler(session)
    return [number for number in range(1, frames + 1) if sampler.samples(number, share)]


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3])
def test_the_share_of_a_camera_is_kept(share: float) -> None:
    for camera in range(10):
        assert len(chosen(f"street/{camera}/s", share)) == pytest.approx(share * FRAMES, rel=0.02)


def test_no_camera_waits_much_longer_than_its_share_for_a_trace() -> None:
    for camera in range(10):
        numbers = [0, *chosen(f"street/{camera}/s", 0.001)]
        gaps = [after - before for before, after in pairwise(numbers)]
        assert max(gaps) < 3000


def test_a_frame_that_is_sent_again_is_chosen_again() -> None:
    assert chosen("street/door/s", 0.01) == chosen("street/door/s", 0.01)
    assert chosen("street/door/s", 0.01) != chosen("street/door/t", 0.01)


def test_none_and_all_are_shares() -> None:
    assert chosen("street/door/s", 0.0, 1000) == []
    assert len(chosen("street/door/s", 1.0, 1000)) == 1000


def test_the_share_may_change_between_two_frames() -> None:
    sampler = HeadSampler("street/door/s")
    assert [sampler.samples(7, share) for share in (0.0, 1.0, 0.0)] == [False, True, False]
