"""The state of the mesh, as browsers get it."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from tests.integration.monitor.conftest import Writer
from tests.integration.monitor.dashboard.conftest import Dashboard, dashboard
from tests.integration.services.running import master, stand_pipeline
from tests.waiting import eventually


def names(message: Any) -> list[str]:
    return [pipeline["name"] for pipeline in message["pipelines"]]


async def test_a_pipeline_is_told_with_its_ledger_and_what_the_master_knows(
    nats_url: str, pipeline: PipelineSpec, writer: Writer
) -> None:
    await writer.accept("north", (1, 10))
    await writer.complete("north", range(1, 8))
    address = f"127.0.0.1:{free_block(1)}"
    async with (
        master(nats_url, address),
        dashboard(nats_url, master=address) as board,
        board.browser() as browser,
    ):
        await browser.ask(mesh=True)
        message = await browser.message("mesh", lambda m: m["pipelines"][0]["revision"] > 0)
        street = message["pipelines"][0]
        assert message["problems"] == []
        assert street["totals"]["accepted"] == 10
        assert street["totals"]["done"] == 7
        assert street["totals"]["pending"] == 3
        assert street["balanced"] is True
        assert street["cameras"] == 1
        assert street["stages"][0]["model"] == "person"
        details = await board.get("pipelines/street")
        assert "name: street" in details["spec_yaml"]
        assert details["totals"] == street["totals"]


async def test_without_a_master_the_page_says_so_and_goes_on_when_one_is_back(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with dashboard(nats_url, master=address) as board, board.browser() as browser:
        await browser.ask(mesh=True)
        message = await browser.message("mesh", lambda m: m["problems"])
        assert f"no master answers at {address}" in message["problems"][0]
        assert names(message) == ["street"]
        async with master(nats_url, address):
            message = await browser.message("mesh", lambda m: m["pipelines"][0]["revision"])
            assert (await browser.message("mesh", lambda m: not m["problems"]))["pipelines"]
        message = await browser.message("mesh", lambda m: m["problems"])
        assert message["pipelines"][0]["revision"] > 0


async def test_without_a_broker_the_page_says_so_and_goes_on_when_it_is_back(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        async with running_nats_server(nats, tmp_path / "nats.log"):
            async with broker(nats.url, "test") as connected:
                await stand_pipeline(connected)
            board = await stack.enter_async_context(dashboard(nats.url))
            browser = await stack.enter_async_context(board.browser())
            await browser.ask(mesh=True)
            await browser.message("mesh", lambda m: m["pipelines"][0]["totals"])
        message = await browser.message("mesh", lambda m: any("broker" in p for p in m["problems"]))
        assert names(message) == ["street"]
        async with running_nats_server(nats, tmp_path / "nats.log"):
            await browser.message("mesh", lambda m: not any("broker" in p for p in m["problems"]))
            await stack.aclose()


async def test_all_who_look_get_the_same_state(board: Dashboard) -> None:
    async with board.browser() as one, board.browser() as other:
        await one.ask(mesh=True)
        await other.ask(mesh=True)
        seen = [(await one.message("mesh"))["at_ms"] for _ in range(4)]
        seen_by_other = [(await other.message("mesh"))["at_ms"] for _ in range(4)]
    assert set(seen) & set(seen_by_other)


async def test_states_come_once_a_second(board: Dashboard) -> None:
    async with board.browser() as browser:
        await browser.ask(mesh=True)
        times = [(await browser.message("mesh"))["at_ms"] for _ in range(4)]
    assert all(later - earlier > 400 for earlier, later in pairwise(times[1:]))


async def test_samples_begin_with_all_that_is_kept_and_go_on(board: Dashboard) -> None:
    async with board.browser() as browser:
        await browser.ask(history="street")
        first = await browser.message("samples", lambda m: len(m["at_ms"]) > 0)
        more = await browser.message("samples", lambda m: len(m["at_ms"]) > 0)
        assert more["at_ms"][0] > first["at_ms"][-1]
        assert len(more["backlog"]) == len(more["at_ms"])
    kept = await board.get("pipelines/street/samples", minutes=1)
    assert set(first["at_ms"]) <= set(kept["at_ms"])


async def test_cameras_come_in_pages_and_can_be_searched(board: Dashboard, writer: Writer) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(25):
            tasks.create_task(writer.accept(f"camera-{number:02}", (1, 2)))
    page = await eventually(
        lambda: board.get("cameras", limit=10, search="camera"),
        until=lambda found: len(found["cameras"]) == 10,
    )
    seen = [each["camera"] for each in page["cameras"]]
    while page["next"]:
        page = await board.get("cameras", limit=10, search="CAMERA", after=page["next"])
        seen += [each["camera"] for each in page["cameras"]]
    assert seen == [f"camera-{number:02}" for number in range(25)]
    [one] = (await board.get("cameras", search="-07", pipeline="street"))["cameras"]
    assert (one["accepted"], one["pending"], one["balanced"]) == (2, 2, True)
    assert (await board.get("cameras", pipeline="avenue"))["cameras"] == []


async def test_wrong_parameters_are_refused_by_name(board: Dashboard) -> None:
    for query in ({"limit": 0}, {"limit": "many"}, {"after": "odd"}, {"pipeline": "a b"}):
        refused = await board.get("cameras", 400, **query)
        assert next(iter(query)) in refused["error"]


async def test_an_unknown_pipeline_is_not_found(nats_url: str, pipeline: PipelineSpec) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with master(nats_url, address), dashboard(nats_url, master=address) as board:
        assert "avenue" in (await board.get("pipelines/avenue", 404))["error"]
