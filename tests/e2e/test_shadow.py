"""A shadow beside a pipeline under load has the same frames, and the pipeline notices nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, StageSpec
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.sdk import AsyncCamera
from tests.e2e.mesh import ROOT, Mesh
from tests.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(150)]

CAMERAS = "north", "south"
FRAMES = 40
"""Of each camera."""

FRAMES_PER_SECOND = 4
"""Of each camera: both versions together keep up with them on two cores."""

THRESHOLD = 0.4
STRICTER = 0.6
"""Of the second version, which is the same file: it finds the same boxes, and fewer of them."""

SHADOW_READY_SECONDS = 60
COMPARED_SECONDS = 60

ALONE = PipelineSpec(
    "beside",
    (StageSpec("people", "person", 1),),
    BufferSpec(shards=2, max_bytes=ByteSize(64 * 1024**2)),
)
SHADOWED = replace(ALONE, rollout=RolloutSpec(shadow=ShadowSpec({"people": 2})))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """With the bundled model in two versions, of which the second tells less."""
    data = tmp_path_factory.mktemp("shadow")
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(ROOT / "models/person")
        await running.add_model(stricter(ROOT / "models/person", data / "stricter"))
        yield running


def stricter(model: Path, folder: Path) -> Path:
    copytree(model, folder)
    manifest = folder / "model.yaml"
    text = manifest.read_text()
    after = text.replace(f"score_threshold: {THRESHOLD}", f"score_threshold: {STRICTER}")
    assert after != text
    manifest.write_text(after)
    return folder


async def test_the_same_frames_go_through_both_versions_and_the_difference_is_told(
    own_mesh: Mesh, jpegs: list[bytes]
) -> None:
    await own_mesh.apply(ALONE)
    async with broker(own_mesh.run.nats, "test") as nats:
        await own_mesh.submit(SHADOWED)
        await shadow_is_ready(own_mesh)
        async with asyncio.TaskGroup() as tasks:
            for camera in CAMERAS:
                tasks.create_task(push(own_mesh, camera, jpegs[:FRAMES]))
        outcomes = await own_mesh.outcomes("beside", len(CAMERAS) * FRAMES)
        await eventually(
            lambda: outcomes_of_the_shadow(nats),
            COMPARED_SECONDS,
            until=lambda count: count == len(outcomes),
        )

        # Of the pipeline nothing is different.
        assert {each.fate for each in outcomes} == {outcome_pb2.FATE_DONE}
        assert {(each.run, each.models[0].version) for each in outcomes} == {("", 1)}
        for ledger in (await own_mesh.status("beside")).cameras:
            assert (ledger.offered, ledger.done, ledger.pending) == (FRAMES, FRAMES, 0)

        await own_mesh.submit(ALONE)
        assert {name for name in await JetStream(nats).streams.names() if "-beside" in name} == {
            *("FRAMES-beside-1-0", "LEDGER-beside", "DEAD-beside")
        }
        await eventually(lambda: shadow(own_mesh), until=lambda line: line is None)


async def shadow_is_ready(mesh: Mesh) -> None:
    await eventually(
        lambda: shadow(mesh), SHADOW_READY_SECONDS, until=lambda line: line == "1 of 1 workers"
    )


async def shadow(mesh: Mesh) -> str | None:
    """What the condition says of it; None: there is none."""
    found: pipeline_pb2.Pipeline = await mesh.pipeline("beside")
    lines = [each.message for each in found.conditions if each.name == "shadow"]
    return lines[0] if lines else None


async def outcomes_of_the_shadow(nats: Broker) -> int:
    return (await JetStream(nats).streams.info("RUNS-beside")).state.messages


async def push(mesh: Mesh, name: str, images: list[bytes]) -> None:
    async with AsyncCamera(mesh.run.ingest, pipeline="beside", name=name) as camera:
        for image in images:
            await camera.send(image)
            await asyncio.sleep(1 / FRAMES_PER_SECOND)
