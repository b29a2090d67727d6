"""The live wall: what is drawn is what was found, where it was found."""

import asyncio

import grpc.aio
import pytest

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from tests.browser.canvas import around, drawn, expected_boxes
from tests.browser.dashboard import BUSY_LOOP, Dashboard, sending

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240), BUSY_LOOP]

PERSON = (94, 234, 180)
"""The colour of the class on every picture."""

REACH = 5
"""Pixels that a line may be off: it has a width, and a box ends between two pixels."""

LABEL = 34
"""Height of a label in pixels of the screen, which has two for each of the page."""


async def outcome_of(
    dashboard: Dashboard, pipeline: str, camera: str, session: str, sequence: int
) -> outcome_pb2.Outcome:
    request = monitor_pb2.GetFrameRequest(
        pipeline=pipeline, camera=camera, session=session, sequence=sequence
    )
    async with grpc.aio.insecure_channel(dashboard.mesh.run.monitor) as channel:
        answer = await monitor_pb2_grpc.MonitorServiceStub(channel).GetFrame(request)
    return answer.frames[0].outcome


async def test_boxes_are_drawn_where_the_results_of_that_frame_have_them(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    await dashboard.find_people("street")
    async with sending(dashboard.mesh, "street", ["door"], jpegs, 5):
        page = await dashboard.open("wall/street/door", scale=2)
        compared = 0
        while compared < 3:
            await page.until("document.querySelector('.stage canvas').dataset.frame")
            shown = await drawn(page, ".stage canvas", PERSON)
            outcome = await outcome_of(dashboard, "street", "door", shown.session, shown.sequence)
            assert outcome.fate == outcome_pb2.FATE_DONE
            boxes = expected_boxes(outcome, shown.pixels.shape)
            corners = [corner for box in boxes for corner in box.middles()]
            missing = [corner for corner in corners if not shown.is_near(*corner, REACH)]
            # A label of another box may cover the middle of a side.
            assert len(missing) <= len(corners) / 8, missing
            elsewhere = shown.pixels & ~around(boxes, shown.pixels.shape, REACH, LABEL)
            assert elsewhere.sum() <= shown.pixels.sum() / 100
            compared += bool(boxes)
            last = f"{shown.session}/{shown.sequence}"
            await page.until(f"document.querySelector('.stage canvas').dataset.frame != '{last}'")
        assert await page.errors() == []


async def test_a_camera_is_found_by_its_name_and_opened_by_keys(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    await dashboard.find_people("yard")
    for camera in ("gate", "roof"):
        await dashboard.mesh.push("yard", camera, jpegs[:3])
    page = await dashboard.open()
    await page.until("document.querySelectorAll('.tile').length == 2")
    await page.press("/")
    await page.fill("input[type=search]", "roo")
    await page.until("document.querySelectorAll('.tile').length == 1")
    await page.press("Escape")
    await page.press("ArrowRight")
    await page.press("Enter")
    await page.until("location.pathname == '/wall/yard/roof'")
    await page.press("Escape")
    await page.until("location.pathname == '/'")


async def test_a_paused_camera_steps_back_through_the_frames_that_are_kept(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    await dashboard.find_people("lane")
    frame = "document.querySelector('.stage canvas').dataset.frame"
    async with sending(dashboard.mesh, "lane", ["post"], jpegs, 5):
        page = await dashboard.open("wall/lane/post")
        await page.until(frame)
        await page.until("document.querySelectorAll('.recent li').length > 3")
        await page.press(" ")
        await page.shows("kept frame")
        paused = await page.evaluate(frame)
        await page.press("ArrowLeft")
        earlier = await page.until(f"{frame} != {paused!r} && {frame}")
        assert int(earlier.split("/")[1]) < int(paused.split("/")[1])
        await page.press(" ")
        await page.until(f"Number({frame}.split('/')[1]) > {paused.split('/')[1]}")


async def test_a_hidden_tab_has_no_connection_until_it_is_shown(dashboard: Dashboard) -> None:
    page = await dashboard.open()
    await page.shows("live")
    hide = "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    await page.evaluate(hide.format("true") + tell)
    await page.shows("asleep while hidden")
    await page.evaluate(hide.format("false") + tell)
    await page.until("document.querySelector('.connection.open')")


async def test_an_empty_mesh_tells_how_the_first_frame_gets_here(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    page = await dashboard.open()
    await page.shows("framemesh push")
    await page.shows("framemesh try")
    await dashboard.find_people("first")
    await asyncio.gather(
        page.until("document.querySelector('.tile')"),
        dashboard.mesh.push("first", "door", jpegs[:2]),
    )
