import asyncio
import json

import pytest

from framemesh.core.frame import FrameId
from framemesh.monitor.dashboard.live.outbox import MAX_ERRORS, Outbox
from framemesh.monitor.dashboard.pictures.picture import CameraKey, Picture


def picture(camera: str, message: bytes) -> Picture:
    return Picture(CameraKey("street", camera), FrameId(camera, "s", 1), 0.0, message)


@pytest.fixture
async def outbox() -> Outbox:
    return Outbox()


async def test_a_newer_picture_takes_the_place_of_an_older_one(outbox: Outbox) -> None:
    outbox.put_picture(picture("north", b"1"))
    outbox.put_picture(picture("south", b"2"))
    outbox.put_picture(picture("north", b"3"))
    assert [await outbox.next(), await outbox.next()] == [b"3", b"2"]


async def test_texts_come_before_pictures_and_errors_first(outbox: Outbox) -> None:
    outbox.put_picture(picture("north", b"picture"))
    texts = iter(["state", None])
    outbox.set_sources([lambda: next(texts)])
    outbox.fail("this is wrong")
    assert json.loads(str(await outbox.next()))["error"] == "this is wrong"
    assert await outbox.next() == "state"
    assert await outbox.next() == b"picture"


async def test_errors_are_bounded(outbox: Outbox) -> None:
    for number in range(100):
        outbox.fail(str(number))
    outbox.put_picture(picture("north", b"picture"))
    told = [json.loads(str(await outbox.next()))["error"] for _ in range(MAX_ERRORS)]
    assert told == [str(number) for number in range(100 - MAX_ERRORS, 100)]
    assert await outbox.next() == b"picture"


async def test_pictures_that_are_not_looked_at_any_more_are_not_sent(outbox: Outbox) -> None:
    outbox.put_picture(picture("north", b"1"))
    outbox.put_picture(picture("south", b"2"))
    outbox.keep_only([CameraKey("street", "south")])
    assert await outbox.next() == b"2"


async def test_it_waits_for_what_comes(outbox: Outbox) -> None:
    waiting = asyncio.ensure_future(outbox.next())
    await asyncio.sleep(0)
    outbox.put_picture(picture("north", b"1"))
    assert await waiting == b"1"
