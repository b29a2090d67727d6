"""Cameras that speak HTTP, on a real server."""

from dataclasses import replace

import pytest

from framemesh.sources.locations import locate
from framemesh.sources.supervision.state import Phase
from tests.integration.sources.reading import reading
from tests.mjpeg_camera import mjpeg_camera
from tests.waiting import eventually

pytestmark = [pytest.mark.loop_limit(5), pytest.mark.timeout(120)]


async def test_pictures_are_passed_on_as_they_are_and_each_with_its_true_age() -> None:
    with mjpeg_camera(fps=25) as camera:
        async with reading(locate(camera.url)) as source:
            ages = await source.ages(20, fps=5)
            (frame,) = await source.frames(1)
    assert frame.is_original
    assert max(one.true_seconds for one in ages) < 1.0
    assert all(abs(one.true_seconds - one.told_seconds) < 0.2 for one in ages)
    assert camera.opened == 1


async def test_a_camera_that_stops_in_the_middle_of_a_picture_is_opened_again() -> None:
    with mjpeg_camera(closes_after=5, cuts=True) as camera:
        async with reading(locate(camera.url)) as source:
            await source.frames(20)
    assert "closed the connection within a picture" in source.reasons[0]
    assert camera.opened >= 3


async def test_a_camera_that_stalls_is_opened_again() -> None:
    with mjpeg_camera(stalls_after=5) as camera:
        spec = replace(locate(camera.url), stall_seconds=0.5)
        async with reading(spec) as source:
            await eventually(lambda: camera.opened >= 3)
    assert "sent nothing for 0.5 s" in source.reasons[0]


async def test_a_page_of_a_single_picture_is_asked_again_and_again() -> None:
    with mjpeg_camera() as camera:
        url = camera.url.replace("video.mjpg", "picture.jpg")
        async with reading(replace(locate(url), poll_seconds=0.1)) as source:
            ages = await source.ages(5)
            assert (await source.watched.opened()).live
    assert max(one.true_seconds for one in ages) < 1.0
    assert camera.opened >= 5


async def test_a_wrong_password_is_told_and_never_shown() -> None:
    with mjpeg_camera() as camera:
        url = camera.url.replace("S3cret", "Wr0ng")
        async with reading(locate(url)) as source:
            await eventually(lambda: source.watched.state.phase is Phase.ENDED)
    assert "wants another user or password (401)" in source.watched.state.reason
    assert "Wr0ng" not in source.watched.state.reason
