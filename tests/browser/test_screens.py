"""The other screens: charts, workers, the ledger, dead letters, tokens."""

import asyncio
import os
import signal
import time

import pytest

from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.browser.browser import BrowserFailed
from tests.browser.dashboard import BUSY_LOOP, Dashboard, sending
from tests.e2e.test_bad_frames import png
from tests.e2e.test_kills import started

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240), BUSY_LOOP]

SEEN_SECONDS = 3.0
"""After its death the page tells that a worker is gone."""

UNDECODABLE = png(64, 64, b"these are no pixels")


async def test_charts_move(dashboard: Dashboard, jpegs: list[bytes]) -> None:
    await dashboard.find_people("chart")
    page = await dashboard.open("pipelines/chart")
    latest = "Number(document.querySelector('[data-latest=completed]')?.textContent ?? 0)"
    await page.until("document.querySelectorAll('.plot canvas').length >= 4")
    drawing = "document.querySelectorAll('.plot canvas')[2].toDataURL()"
    before = await page.evaluate(drawing)
    async with sending(dashboard.mesh, "chart", ["door"], jpegs, 10):
        await page.until(f"{latest} > 2")
        await page.until(f"{drawing} != {before!r}")
    assert await page.errors() == []


async def test_a_killed_worker_is_seen_within_3_s_and_so_is_its_recovery(
    dashboard: Dashboard,
) -> None:
    await dashboard.find_people("kill")
    page = await dashboard.open("workers")
    row = "document.querySelector('tr[data-worker^=kill]')"
    await page.until(f"{row}?.dataset.state == 'ready'")
    restarts = f"Number({row}?.querySelector('[data-restarts]')?.textContent ?? 0)"
    victim = await started(dashboard.mesh, "framemesh.worker")
    gone = asyncio.create_task(
        page.until(f"{row}?.dataset.state != 'ready' || {restarts} > 0", SEEN_SECONDS)
    )
    began = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    await gone
    assert time.monotonic() - began < SEEN_SECONDS
    await page.until(f"{row}?.dataset.state == 'ready' && {restarts} > 0", 30)


async def test_a_dead_letter_is_replayed_and_purged(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    await dashboard.find_people("poison")
    await dashboard.mesh.push("poison", "door", [jpegs[0], UNDECODABLE])
    page = await dashboard.open("ledger", token=dashboard.token)
    await page.click("tr[data-camera='poison/door'] td.column-dead a")
    await page.click("tbody th a")
    await page.shows("undecodable")
    await page.click("text=Replay")
    await page.shows("Offered again as frame")
    await page.click("text=See it")
    # It cannot be decoded the second time either.
    await page.until("document.querySelector('.fate.dead')")
    assert (await dashboard.mesh.status("poison")).cameras[0].offered == 3
    await page.click("text=Purge")
    await page.click("text=Purge for good?")
    await page.shows("The dead letter is deleted.")
    assert (await dashboard.mesh.status("poison")).dead_letters == 0
    assert await page.errors() == []


async def test_from_a_count_of_pending_frames_to_one_of_them(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    stages = (StageSpec("people", "person"),)
    await dashboard.mesh.submit(PipelineSpec("wait", stages, workers=WorkersSpec(min=0)))
    await dashboard.mesh.push("wait", "door", jpegs[:3])
    page = await dashboard.open("ledger")
    await page.click("tr[data-camera='wait/door'] td.column-pending a")
    await page.until("location.pathname.endsWith('/wait/frames')")
    await page.until("document.querySelectorAll('tbody tr').length == 3")
    await page.click("tbody th a")
    await page.shows("It is in the buffer or with a worker.")
    # It is done once there is a worker, and the page that is open says so.
    await dashboard.mesh.apply(PipelineSpec("wait", stages))
    await page.until("document.querySelector('.fate.done')", 30)
    assert await page.errors() == []


async def test_without_a_token_nothing_can_be_changed(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    await dashboard.find_people("shut")
    await dashboard.mesh.push("shut", "door", [UNDECODABLE])
    page = await dashboard.open("pipelines/shut/dead-letters")
    await page.click("tbody th a")
    await page.shows("Open the address with #token=")
    assert not await page.evaluate("document.body.innerText.includes('Replay')")


async def test_a_wrong_token_is_refused_and_the_page_goes_on_without_it(
    dashboard: Dashboard,
) -> None:
    page = await dashboard.open(token="wrong")  # noqa: S106  that is what is tested
    await page.shows("The token is missing, wrong or has ended")
    await page.shows("read-only")
    await page.until("document.querySelector('.connection.open')")
    assert "token" not in await page.evaluate("location.href")


NOTE_CONNECTION = """(() => {
  window.connection = []
  const note = () => {
    const at = Math.round(performance.now())
    window.connection.push(`${at} ms ${document.querySelector(".connection")?.className}`)
  }
  note()
  const seen = { subtree: true, childList: true, attributeFilter: ["class"] }
  new MutationObserver(note).observe(document.body, seen)
})()"""
"""A monitor may be back sooner than a test asks."""


async def test_the_page_goes_on_by_itself_after_the_monitor_was_killed(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    await dashboard.find_people("back")
    await dashboard.mesh.push("back", "door", jpegs[:3])
    page = await dashboard.open()
    await page.until("document.querySelector('.tile')")
    await page.evaluate(NOTE_CONNECTION)
    os.kill(await started(dashboard.mesh, "framemesh.monitor"), signal.SIGKILL)
    try:
        await page.until("window.connection.some((state) => state.includes('waiting'))")
    except BrowserFailed as failure:
        states = await page.evaluate("[...new Set(window.connection)].slice(-40).join(', ')")
        failure.add_note(f"the connection was: {states}")
        raise
    assert await page.evaluate("document.querySelectorAll('.tile').length") == 1
    await page.until("document.querySelector('.connection.open')", 30)
    await page.until("document.querySelector('.tile')")
