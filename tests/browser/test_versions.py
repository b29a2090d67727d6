"""Two versions of a model at once: a shadow and its differences, a canary and its share."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.browser.dashboard import BUSY_LOOP, Dashboard, sending
from tests.e2e.mesh import ROOT

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
    pytest.mark.browser,
    BUSY_LOOP,
]

MODEL = "guard"
"""Of its own: other tests have the current version of `person`."""

CAMERAS = ("north", "south", "east", "west")
PER_SECOND = 1
"""Of each camera: both versions together keep up."""

READY_SECONDS = 150.0
"""For a second worker, where both processors have much else to do."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two_versions(
    shared_dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    """The second finds the same people, and tells of fewer."""
    folder = tmp_path_factory.mktemp("versions")
    for name, threshold in (("first", "0.4"), ("second", "0.6")):
        await shared_dashboard.mesh.add_model(_copy(folder / name, threshold))
    yield


def _copy(folder: Path, threshold: str) -> Path:
    copytree(ROOT / "models/person", folder)
    manifest = folder / "model.yaml"
    text = manifest.read_text().replace("name: person", f"name: {MODEL}")
    manifest.write_text(text.replace("score_threshold: 0.4", f"score_threshold: {threshold}"))
    return folder


def declared(name: str, version: int) -> PipelineSpec:
    small = BufferSpec(shards=2, max_bytes=ByteSize(64 * 1024**2))
    return PipelineSpec(name, (StageSpec("people", MODEL, version),), small)


@pytest.mark.usefixtures("two_versions")
async def test_a_shadow_is_shown_with_the_frames_that_differ(
    dashboard: Dashboard, jpegs: list[bytes]
) -> None:
    alone = declared("shadowed", 1)
    await dashboard.mesh.apply(alone)
    page = await dashboard.open("pipelines/shadowed")
    await page.shows("No shadow")
    shadow = RolloutSpec(shadow=ShadowSpec({"people": 2}))
    await dashboard.mesh.submit(replace(alone, rollout=shadow))
    async with sending(dashboard.mesh, "shadowed", CAMERAS[:2], jpegs, PER_SECOND):
        await page.shows(f"people: {MODEL}:1 -> 2", READY_SECONDS)
        await page.until("document.querySelector('.examples a')", READY_SECONDS)
        differing = "document.querySelector('.examples a').textContent"
        camera, _ = (await page.evaluate(differing)).split()
        assert camera in CAMERAS
        await page.click(".examples a")
        await page.until("document.querySelector('.frame-screen .fate.done')")
    assert await page.errors() == []


@pytest.mark.usefixtures("two_versions")
async def test_a_canary_is_shown_with_its_share(dashboard: Dashboard, jpegs: list[bytes]) -> None:
    await dashboard.mesh.apply(declared("canary", 1))
    page = await dashboard.open("pipelines/canary")
    shares = "[...document.querySelectorAll('td.share meter')].map((meter) => meter.value)"
    await page.until(f"{shares}.join() == '1'")
    slow = RolloutSpec(canary=0.5, watch=timedelta(minutes=10))
    await dashboard.mesh.submit(replace(declared("canary", 2), rollout=slow))
    async with sending(dashboard.mesh, "canary", CAMERAS, jpegs, PER_SECOND):
        await page.until(f"{shares}.join() == '0.5,0.5'", READY_SECONDS)
        await page.shows(f"{MODEL}:2")
    assert await page.errors() == []
