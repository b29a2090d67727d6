"""The results of a camera through its SDK, from a real monitor."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from framemesh.core.outcome import Fate
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import (
    AsyncCamera,
    Camera,
    CameraOptions,
    InvalidArgument,
    MonitorUnreachable,
    PipelineUnknown,
    Result,
)
from tests.integration.monitor.conftest import Writer
from tests.integration.services.running import monitor

IDLE_SECONDS = 2.0
"""Without a result, until the iteration ends."""

Read = Callable[..., AsyncIterator[Result]]


async def of_thread(camera: Camera, **options: Any) -> AsyncIterator[Result]:
    results = await asyncio.to_thread(lambda: camera.results(**options))
    while (result := await asyncio.to_thread(next, results, None)) is not None:
        yield result


@pytest.fixture(params=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Read:
    """Reads the results of camera `north` with either face of the SDK."""

    def results(
        address: str, pipeline: str = "street", connect_timeout: float = 10, **options: Any
    ) -> AsyncIterator[Result]:
        chosen = CameraOptions(monitor=address, connect_timeout=connect_timeout)
        made: dict[str, Any] = {"pipeline": pipeline, "name": "north", "options": chosen}
        if request.param == "sync":
            return of_thread(Camera("127.0.0.1:1", **made), **options)
        return AsyncCamera("127.0.0.1:1", **made).results(**options)

    return results


@pytest.fixture
def address() -> str:
    return f"127.0.0.1:{free_block(1)}"


async def test_results_of_the_camera_come_in_order(
    nats_url: str, pipeline: PipelineSpec, writer: Writer, address: str, read: Read
) -> None:
    async with monitor(nats_url, address):
        for sequence in range(1, 11):
            await writer.complete("south", [sequence])
            await writer.complete("north", [sequence])
        found = [one async for one in read(address, from_start=True, timeout=IDLE_SECONDS)]
    assert [one.sequence for one in found] == list(range(1, 11))
    assert {(one.session, one.fate) for one in found} == {("s1", "done")}
    assert found[0].serialized


async def test_without_from_start_the_next_result_is_the_first(
    nats_url: str, pipeline: PipelineSpec, writer: Writer, address: str, read: Read
) -> None:
    async with monitor(nats_url, address):
        await writer.complete("north", [1])
        results = read(address, timeout=IDLE_SECONDS)
        first = asyncio.ensure_future(anext(results))
        for sequence in range(2, 1000):
            await writer.complete("north", [sequence], Fate.DEAD, "undecodable")
            if (await asyncio.wait([first], timeout=0.05))[0]:
                break
        result = await first
        await results.aclose()  # type: ignore[attr-defined]
    assert result.sequence > 1
    assert (result.fate, result.reason) == ("dead", "undecodable")


async def test_a_monitor_that_restarts_loses_no_result_and_repeats_none(
    nats_url: str, pipeline: PipelineSpec, writer: Writer, address: str, read: Read
) -> None:
    results = read(address, from_start=True, timeout=60.0)
    found = []
    for run in range(3):
        async with monitor(nats_url, address):
            for sequence in range(10 * run + 1, 10 * run + 11):
                await writer.complete("north", [sequence])
            found += [(await anext(results)).sequence for _ in range(10)]
        await writer.complete("south", [run + 1])
    await results.aclose()  # type: ignore[attr-defined]
    assert found == list(range(1, 31))


async def test_a_monitor_that_is_away_is_named(address: str, read: Read) -> None:
    with pytest.raises(MonitorUnreachable, match=f"no connection to monitor at {address}"):
        await anext(read(address, connect_timeout=0.5))


async def test_an_unknown_pipeline_is_named(
    nats_url: str, pipeline: PipelineSpec, address: str, read: Read
) -> None:
    async with monitor(nats_url, address):
        with pytest.raises(PipelineUnknown, match="no pipeline is named 'yard'"):
            await anext(read(address, pipeline="yard"))


@pytest.mark.parametrize("face", [Camera, AsyncCamera])
def test_a_camera_that_knows_no_monitor_says_what_to_give(face: Any) -> None:
    with pytest.raises(InvalidArgument, match="CameraOptions"):
        face("127.0.0.1:1", pipeline="street", name="north").results()
