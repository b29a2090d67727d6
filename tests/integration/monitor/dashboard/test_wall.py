"""Pictures of cameras that are looked at, with the boxes of the same frame."""

import asyncio
from collections import Counter
from typing import Any

import cv2
import numpy as np
import pytest

from framemesh.core.outcome import Fate
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.dashboard_browser import Browser
from tests.integration.monitor.dashboard.cameras import HEIGHT, WIDTH, shade
from tests.integration.monitor.dashboard.conftest import Dashboard
from tests.waiting import eventually


def wall(*names: str, width: int = 320) -> dict[str, Any]:
    watched = [{"pipeline": "street", "camera": name} for name in names]
    return {"wall": {"cameras": watched, "width": width}}


def brightness(jpeg: bytes) -> float:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return float(pixels.mean())


async def pictures(browser: Browser, count: int) -> list[tuple[Any, bytes]]:
    return [await browser.picture() for _ in range(count)]


async def test_picture_and_boxes_are_of_the_same_frame(board: Dashboard, cameras: Any) -> None:
    async with cameras("north"), board.browser() as browser:
        await browser.ask(**wall("north"))
        for header, jpeg in await pictures(browser, 5):
            assert header["camera"] == "north"
            assert header["fate"] == "done"
            assert (header["width"], header["height"]) == (WIDTH, HEIGHT)
            left = header["detections"][0]["box"][0]
            assert left == pytest.approx(header["sequence"] / 10_000)
            assert brightness(jpeg) == pytest.approx(shade(header["sequence"]), abs=3)


async def test_a_picture_is_as_wide_as_the_page_shows_it(board: Dashboard, cameras: Any) -> None:
    async with cameras("north"), board.browser() as browser:
        for width in (150, 320, 700):
            await browser.ask(**wall("north", width=width))
            await browser.picture()
            _, jpeg = await browser.picture()
            pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert pixels is not None
            assert width <= pixels.shape[1] <= 2 * width


async def test_a_camera_is_shown_five_times_a_second_at_most(
    board: Dashboard, cameras: Any
) -> None:
    async with cameras("north"), board.browser() as browser:
        await browser.ask(**wall("north"))
        await browser.picture()
        began = asyncio.get_running_loop().time()
        await pictures(browser, 10)
        assert asyncio.get_running_loop().time() - began > 1.5


async def test_cameras_are_shown_in_turn(board: Dashboard, cameras: Any) -> None:
    names = [f"camera-{number}" for number in range(8)]
    async with cameras(*names), board.browser() as browser:
        await browser.ask(**wall(*names))
        await pictures(browser, 8)
        seen = Counter(header["camera"] for header, _ in await pictures(browser, 48))
    assert seen.keys() == set(names)
    assert min(seen.values()) >= 2


async def test_nobody_looks_and_nothing_is_subscribed(
    board: Dashboard, cameras: Any, nats_broker: Broker
) -> None:
    async with cameras("north"):
        async with board.browser() as browser, board.browser() as other:
            for each in (browser, other):
                await each.ask(**wall("north"))
                await each.picture()
            await browser.ask(mesh=True)
            await browser.message("mesh")
            await other.picture()
        assert await kept(board)
        shown = await eventually(lambda: settled(board))
        assert shown == await kept(board)


async def kept(board: Dashboard) -> list[int]:
    found = await board.get("wall/street/north")
    return [each["sequence"] for each in found["pictures"]]


async def settled(board: Dashboard) -> list[int]:
    """The pictures that are kept, once no more are added."""
    before = await kept(board)
    await asyncio.sleep(0.5)
    return before if await kept(board) == before else []


async def test_pictures_that_were_shown_can_be_had_again(board: Dashboard, cameras: Any) -> None:
    async with cameras("north"), board.browser() as browser:
        await browser.ask(**wall("north"))
        shown = await pictures(browser, 3)
    for header, jpeg in shown:
        frame = f"north/{header['session']}/{header['sequence']}"
        answer = await board.client.get(f"/api/v1/pipelines/street/frames/{frame}/picture")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.content == jpeg


async def test_frames_that_are_not_done_are_shown_where_no_others_are(
    board: Dashboard, cameras: Any
) -> None:
    async with cameras("north", fate=lambda _: Fate.SUPERSEDED), board.browser() as browser:
        await browser.ask(**wall("north"))
        header, _ = await browser.picture()
        assert header["fate"] == "superseded"


async def test_two_browsers_share_the_pictures_of_a_camera(board: Dashboard, cameras: Any) -> None:
    async with cameras("north"), board.browser() as one, board.browser() as other:
        await one.ask(**wall("north"))
        await other.ask(**wall("north"))
        await one.picture()
        await other.picture()
        seen, seen_by_other = await asyncio.gather(pictures(one, 10), pictures(other, 10))
    assert len({h["sequence"] for h, _ in seen} & {h["sequence"] for h, _ in seen_by_other}) >= 5


async def test_what_is_no_picture_is_passed_over(
    board: Dashboard, cameras: Any, nats_broker: Broker
) -> None:
    async with board.browser() as browser:
        await browser.ask(**wall("north"))
        for _ in range(50):
            await nats_broker.client.publish("frames.street.1-0.north", b"of somebody else")
            await asyncio.sleep(0.01)
        async with cameras("north"):
            header, _ = await browser.picture()
            assert header["camera"] == "north"
