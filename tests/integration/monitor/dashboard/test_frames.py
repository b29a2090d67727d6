"""Frames by what became of them, and all that is known of one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from framemesh.core.outcome import Fate
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera
from tests.integration.monitor.conftest import Writer
from tests.integration.monitor.dashboard.conftest import TOKEN, Dashboard, dashboard
from tests.integration.services.running import ingest, master
from tests.jpegs import jpeg

FRAMES = "pipelines/street/frames"
LETTERS = "pipelines/street/dead-letters"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


async def listed(board: Dashboard, **query: str | int) -> list[tuple[str, int]]:
    """Camera and number of the frames of all pages."""
    found: list[tuple[str, int]] = []
    while True:
        page = await board.get(FRAMES, 200, **query)
        found += [(each["camera"], each["sequence"]) for each in page["frames"]]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


async def test_frames_are_listed_newest_first(board: Dashboard, writer: Writer) -> None:
    for sequence in (1, 2, 3):
        await writer.complete("north", [sequence])
    assert await listed(board) == [("north", 3), ("north", 2), ("north", 1)]


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_neither_repeat_nor_leave_out(
    board: Dashboard, writer: Writer, limit: int
) -> None:
    await writer.complete("north", range(1, 31))
    await writer.complete("south", range(1, 31))
    found = await listed(board, limit=limit)
    assert len(found) == len(set(found)) == 60


async def test_frames_are_found_by_camera_fate_and_reason(board: Dashboard, writer: Writer) -> None:
    await writer.complete("north", range(1, 20))
    await writer.complete("north", [20], Fate.DEAD, "undecodable")
    await writer.complete("north", [21], Fate.DEAD, "too_slow")
    await writer.complete("south", [1], Fate.DEAD, "undecodable")
    assert await listed(board, fate="dead", camera="north") == [("north", 21), ("north", 20)]
    assert await listed(board, reason="undecodable") == [("south", 1), ("north", 20)]
    assert await listed(board, camera="east") == []


@pytest.mark.parametrize("limit", [2, 100])
async def test_pending_frames_are_listed_the_oldest_first(
    board: Dashboard, writer: Writer, limit: int
) -> None:
    await writer.accept("north", (1, 6))
    await writer.complete("north", [1, 4])
    await writer.accept("south", (1, 1))
    waiting = [("north", 2), ("north", 3), ("north", 5), ("north", 6)]
    assert await listed(board, fate="pending", camera="north", limit=limit) == waiting
    assert await listed(board, fate="pending", limit=limit) == [*waiting, ("south", 1)]
    assert await listed(board, fate="pending", camera="east") == []
    (first, *_) = (await board.get(FRAMES, 200, fate="pending"))["frames"]
    assert (first["fate"], first["captured_ms"]) == ("pending", None)


async def test_what_others_wrote_is_passed_over(board: Dashboard, writer: Writer) -> None:
    await writer.garbage()
    await writer.complete("north", [1])
    assert await listed(board) == [("north", 1)]


async def test_a_fate_that_there_is_not_is_refused(board: Dashboard) -> None:
    assert "superseded" in (await board.get(FRAMES, 400, fate="lost"))["error"]


async def test_an_unknown_pipeline_is_not_found(board: Dashboard) -> None:
    for path in (FRAMES, LETTERS, f"{FRAMES}/north/s1/1"):
        assert "error" in await board.get(path.replace("street", "avenue"), 404)


async def test_all_is_told_of_a_frame(board: Dashboard, writer: Writer) -> None:
    await writer.accept("north", (1, 3))
    await writer.complete("north", [1])
    found = await board.get(f"{FRAMES}/north/s1/1")
    assert found["state"] == "completed"
    assert found["outcome"]["fate"] == "done"
    assert found["completed_by"] == "test"
    assert (found["ledger"]["accepted"], found["ledger"]["pending"]) == (3, 2)
    assert found["picture_url"] is None
    waiting = await board.get(f"{FRAMES}/north/s1/2")
    assert (waiting["state"], waiting["outcome"]) == ("pending", None)
    assert (await board.get(f"{FRAMES}/north/s1/99"))["state"] == "unknown"


async def test_a_picture_that_is_not_kept_is_not_found(board: Dashboard, writer: Writer) -> None:
    await writer.complete("north", [1])
    assert "not kept" in (await board.get(f"{FRAMES}/north/s1/1/picture", 404))["error"]


async def test_a_frame_that_waits_has_its_picture_from_the_buffer(
    nats_url: str, board: Dashboard
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with (
        ingest(nats_url, address),
        AsyncCamera(address, pipeline="street", name="north") as camera,
    ):
        for _ in range(3):
            await camera.send(jpeg())
    answer = await board.client.get(f"/api/v1/{FRAMES}/north/{camera.session}/2/picture")
    assert answer.content == jpeg()


async def test_a_dead_letter_is_listed_and_has_its_picture(
    board: Dashboard, writer: Writer
) -> None:
    await writer.store_dead_letters("north", 1, 2)
    await writer.complete("north", [1, 2], Fate.DEAD, "undecodable")
    found = (await board.get(LETTERS))["dead_letters"]
    assert [each["sequence"] for each in found] == [2, 1]
    answer = await board.client.get(found[0]["picture_url"])
    assert answer.content == b"image of north/s1/2"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]
    details = await board.get(f"{FRAMES}/north/s1/2")
    assert details["dead_letter"]["attempts"] == 3
    assert details["picture_url"] == found[0]["picture_url"]


@asynccontextmanager
async def whole(nats_url: str) -> AsyncIterator[Dashboard]:
    """With a master and an ingest."""
    at = free_block(2)
    addresses = {"master": f"127.0.0.1:{at}", "ingest": f"127.0.0.1:{at + 1}"}
    async with (
        master(nats_url, addresses["master"]),
        ingest(nats_url, addresses["ingest"]),
        dashboard(nats_url, **addresses) as board,
    ):
        yield board


async def test_a_dead_letter_is_replayed_and_gone(
    nats_url: str, pipeline: PipelineSpec, writer: Writer
) -> None:
    await writer.bury("north", 1, jpeg())
    async with whole(nats_url) as board:
        path = f"/api/v1/{LETTERS}/north/s1/1/replay"
        refused = await board.client.post(path)
        assert refused.status_code == 401
        replayed = (await board.client.post(path, headers=AUTHORIZED)).json()
        assert (replayed["camera"], replayed["sequence"]) == ("north", 1)
        assert replayed["session"] != "s1"
        assert (await board.get(LETTERS))["dead_letters"] == []
        found = await board.get(f"{FRAMES}/north/{replayed['session']}/1")
        assert found["state"] == "pending"
        again = await board.client.post(path, headers=AUTHORIZED)
        assert again.status_code == 404


async def test_a_dead_letter_that_ingest_rejects_stays(
    nats_url: str, pipeline: PipelineSpec, writer: Writer
) -> None:
    await writer.store_dead_letters("north", 1)
    async with whole(nats_url) as board:
        answer = await board.client.post(f"/api/v1/{LETTERS}/north/s1/1/replay", headers=AUTHORIZED)
        assert answer.status_code == 409
        assert "stays" in answer.json()["error"]
        assert len((await board.get(LETTERS))["dead_letters"]) == 1


async def test_a_dead_letter_is_purged_by_who_may(
    nats_url: str, pipeline: PipelineSpec, writer: Writer
) -> None:
    await writer.store_dead_letters("north", 1, 2)
    async with whole(nats_url) as board:
        path = f"/api/v1/{LETTERS}/north/s1/1"
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert (await board.client.delete(path, headers=headers)).status_code == 401
        assert len((await board.get(LETTERS))["dead_letters"]) == 2
        purged = await board.client.delete(path, headers=AUTHORIZED)
        assert purged.json() == {"purged": 1}
        assert len((await board.get(LETTERS))["dead_letters"]) == 1
