"""The dashboard of a whole mesh."""

import asyncio
import os
import signal
from typing import Any

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.sdk import AsyncCamera
from tests.dashboard_browser import Browser, open_browser
from tests.e2e.mesh import Mesh

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

SEEN_SECONDS = 3.0
FRAME_SECONDS = 0.1


def address(mesh: Mesh) -> str:
    return mesh.run.dashboard.removeprefix("http://").rstrip("/")


def worker(message: Any) -> Any:
    found = [each for each in message["workers"] if each["pipeline"] == "board"]
    return found[0] if found else {"state": "", "restarts": 0}


async def until(browser: Browser, **wanted: Any) -> Any:
    """The worker of the pipeline, once it is so."""
    message = await browser.message("mesh", lambda found: wanted.items() <= worker(found).items())
    return worker(message)


async def push(mesh: Mesh, jpegs: list[bytes]) -> None:
    async with AsyncCamera(mesh.run.ingest, pipeline="board", name="north") as camera:
        while True:
            for image in jpegs:
                await camera.send(image)
                await asyncio.sleep(FRAME_SECONDS)


async def test_a_killed_worker_is_seen_within_three_seconds_and_its_recovery_too(
    mesh: Mesh,
) -> None:
    await mesh.apply(PipelineSpec("board", (StageSpec("people", "person"),)))
    async with open_browser(address(mesh)) as browser:
        await browser.ask(mesh=True)
        before = await until(browser, state="ready")
        loop = asyncio.get_running_loop()
        killed = loop.time()
        os.kill(before["pid"], signal.SIGKILL)
        await browser.message("mesh", lambda found: worker(found)["state"] != "ready")
        assert loop.time() - killed < SEEN_SECONDS
        after = await until(browser, state="ready")
        assert after["restarts"] == before["restarts"] + 1
        assert "killed" in after["trouble"].lower() or after["trouble"]


async def test_pictures_have_the_boxes_of_their_frame_and_a_worker_tells_its_load(
    mesh: Mesh, jpegs: list[bytes]
) -> None:
    await mesh.apply(PipelineSpec("board", (StageSpec("people", "person"),)))
    watched = [{"pipeline": "board", "camera": "north"}]
    async with open_browser(address(mesh)) as browser, background_task(push(mesh, jpegs)):
        await browser.ask(mesh=True, wall={"cameras": watched, "width": 320})
        seen = [(await browser.picture())[0] for _ in range(8)]
        found = await until(browser, state="ready", triton_healthy=True)
        assert found["shards"] >= 1
        street = await browser.message("mesh", lambda m: m["pipelines"][0]["hops_ms"])
        assert street["pipelines"][0]["hops_ms"]["triton"]["p50"] > 0
    outcomes = {o.frame.sequence: o for o in await mesh.outcomes("board", seen[-1]["sequence"])}
    for header in seen:
        boxes = [each["box"] for each in header["detections"]]
        expected = outcomes[header["sequence"]].detections
        assert len(boxes) == len(expected)
        for box, detection in zip(boxes, expected, strict=True):
            assert box == pytest.approx(
                [detection.box.left, detection.box.top, detection.box.right, detection.box.bottom]
            )


async def test_each_stage_has_a_rate_and_a_time_also_one_on_crops(
    mesh: Mesh, jpegs: list[bytes]
) -> None:
    people = StageSpec("people", "person")
    heads = StageSpec("heads", "person", for_each=("people",))
    await mesh.apply(PipelineSpec("board", (people, heads)))
    async with open_browser(address(mesh)) as browser, background_task(push(mesh, jpegs)):
        await browser.ask(mesh=True)

        def stages(message: Any) -> Any:
            (board,) = (each for each in message["pipelines"] if each["name"] == "board")
            return board["stages"]

        found = stages(
            await browser.message(
                "mesh", lambda message: all(stage["per_second"] for stage in stages(message))
            )
        )
    assert [stage["name"] for stage in found] == ["people", "heads"]
    assert all(0 < stage["triton_ms"] < 10_000 for stage in found)
