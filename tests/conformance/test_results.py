"""Every SDK reads the results of its camera from a real monitor."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.processes.ports import free_block
from tests.conformance.camera_program import CameraProgram
from tests.conformance.conftest import BUILD_SECONDS
from tests.integration.monitor.conftest import CAPTURED, Writer
from tests.integration.services.running import monitor, remove_pipeline, stand_pipeline

# Servers are started in this loop, and programs beside it.
pytestmark = [pytest.mark.timeout(BUILD_SECONDS), pytest.mark.loop_limit(2.0)]


@pytest.fixture
async def writer(nats_broker: Broker) -> AsyncIterator[Writer]:
    pipeline = await stand_pipeline(nats_broker)
    try:
        async with publisher(nats_broker) as publish:
            yield Writer(publish)
    finally:
        await remove_pipeline(nats_broker, pipeline)


@pytest.fixture
def address() -> str:
    return f"127.0.0.1:{free_block(1)}"


async def open_camera(
    start_camera: Any, monitors: list[str], pipeline: str = "street", **options: Any
) -> CameraProgram:
    camera: CameraProgram = await start_camera()
    given = {"monitor": monitors, **options} if monitors else options
    await camera.do(
        "open", addresses=["127.0.0.1:1"], pipeline=pipeline, name="north", options=given
    )
    return camera


async def test_a_monitor_that_restarts_loses_no_result_and_repeats_none(
    start_camera: Any, nats_url: str, writer: Writer, address: str
) -> None:
    """The second address is of nobody at first, and of the monitor later."""
    other = f"127.0.0.1:{free_block(1)}"
    camera = await open_camera(start_camera, [address, other])
    found = []
    for run, place in enumerate((address, other, address)):
        async with monitor(nats_url, place):
            if run == 0:
                await writer.complete("north", [1])
                await camera.do("results", from_start=True)
            first, last = 10 * run + 1, 10 * run + 10
            for sequence in range(first + (run == 0), last + 1):
                await writer.complete("south", [sequence])
                await writer.complete("north", [sequence])
            found += [await camera.do("result") for _ in range(10)]
    assert [one["sequence"] for one in found] == list(range(1, 31))
    assert {(one["session"], one["fate"], one["reason"]) for one in found} == {("s1", "done", "")}
    assert {one["captured_unix_nano"] for one in found} == {CAPTURED}


async def test_without_from_start_the_next_result_is_the_first(
    start_camera: Any, nats_url: str, writer: Writer, address: str
) -> None:
    async with monitor(nats_url, address):
        camera = await open_camera(start_camera, [address])
        await writer.complete("north", [1])
        await camera.do("results")
        await writer.complete("north", [2])
        assert (await camera.do("result"))["sequence"] == 2


async def test_a_monitor_that_is_away_is_named(start_camera: Any, address: str) -> None:
    camera = await open_camera(start_camera, [address], connect_timeout=0.5)
    found = await tried(camera)
    assert found["error"] == "unreachable"
    assert f"no connection to monitor at {address} within" in found["message"]


async def test_an_unknown_pipeline_is_named(
    start_camera: Any, nats_url: str, writer: Writer, address: str
) -> None:
    camera = await open_camera(start_camera, [address], pipeline="yard")
    async with monitor(nats_url, address):
        found = await tried(camera)
    assert found["error"] == "pipeline_unknown"
    assert "no pipeline is named 'yard'" in found["message"]


async def test_a_camera_that_knows_no_monitor_says_what_to_give(start_camera: Any) -> None:
    camera = await open_camera(start_camera, [])
    assert (await tried(camera))["error"] == "invalid_argument"


async def tried(camera: CameraProgram) -> dict[str, Any]:
    """The error of reading results, at once or with the first."""
    began = await camera.do("results")
    return began if "error" in began else await camera.do("result")
