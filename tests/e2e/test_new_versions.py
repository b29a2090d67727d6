"""New versions of a model under load: a good one is promoted, one that is too slow rolled back."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import grpc.aio
import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.sharding import is_canary
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.e2e.mesh import ROOT, Mesh
from tests.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

SHARE = 0.5
CAMERAS = [f"camera-{number}" for number in range(6)]
CANARIES = {camera for camera in CAMERAS if is_canary(camera, SHARE)}
FRAMES_PER_SECOND = 6
"""Of each camera."""

ROLLED_OUT_SECONDS = 45
SLOW_MILLISECONDS = 1000

MAX_AGE = timedelta(seconds=3)
"""Far from both: a frame of a good version takes 0.1 s, or a second where the machine is busy, and
the slow one does one of 18 frames that come each second."""

SPEC = PipelineSpec(
    "tried",
    (StageSpec("only", "simulated", 1),),
    BufferSpec(shards=3, max_bytes=ByteSize(64 * 1024**2)),
    DeliverySpec(order=Order.PER_CAMERA),
    WorkersSpec(min=1),
    rollout=RolloutSpec(watch=timedelta(seconds=5), max_age_p99=MAX_AGE, canary=SHARE),
)


def version(number: int) -> PipelineSpec:
    return replace(SPEC, stages=(StageSpec("only", "simulated", number),))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """With a model in three versions: as fast as the first, and far too slow."""
    data = tmp_path_factory.mktemp("versions")
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        simulated = ROOT / "examples/simulated"
        await running.add_model(simulated)
        await running.add_model(changed(simulated, data / "good", 11))
        await running.add_model(changed(simulated, data / "slow", SLOW_MILLISECONDS))
        yield running


def changed(model: Path, folder: Path, base_milliseconds: int) -> Path:
    """A copy of a simulated model that takes another time."""
    copytree(model, folder)
    manifest = folder / "model.yaml"
    text = manifest.read_text()
    before = next(line for line in text.splitlines() if "base_ms" in line)
    after = before[: before.index("base_ms")] + f"base_ms: {base_milliseconds}"
    manifest.write_text(text.replace(before, after))
    return folder


async def test_a_good_version_is_promoted_and_a_slow_one_rolled_back_and_nothing_is_lost(
    own_mesh: Mesh, jpegs: list[bytes]
) -> None:
    await own_mesh.apply(version(1))
    stop = asyncio.Event()
    async with (
        grpc.aio.insecure_channel(own_mesh.run.master) as channel,
        asyncio.TaskGroup() as tasks,
    ):
        pushing = {
            camera: tasks.create_task(push(own_mesh, camera, jpegs, stop)) for camera in CAMERAS
        }
        await own_mesh.submit(version(2))
        good = await rolled_out(channel)
        assert (good.spec.stages[0].model_version, good.rolled_back) == (2, "")
        await own_mesh.submit(version(3))
        back = await rolled_out(channel)
        assert back.revision == good.revision
        assert "p99 of ages" in back.rolled_back
        stop.set()
    sent = {camera: task.result() for camera, task in pushing.items()}
    outcomes = await own_mesh.outcomes("tried", sum(sent.values()))

    assert {outcome.fate for outcome in outcomes} == {outcome_pb2.FATE_DONE}
    sequences: dict[str, list[int]] = defaultdict(list)
    cameras: dict[int, set[str]] = defaultdict(set)
    for outcome in outcomes:
        sequences[outcome.frame.camera].append(outcome.frame.sequence)
        (model,) = outcome.models
        cameras[model.version].add(outcome.frame.camera)
    # Each once, and in order.
    assert sequences == {camera: list(range(1, count + 1)) for camera, count in sent.items()}
    assert cameras[1] == cameras[2] == {*CAMERAS}
    assert cameras[3] == CANARIES
    for ledger in (await own_mesh.status("tried")).cameras:
        count = sent[ledger.camera]
        assert (ledger.offered, ledger.done, ledger.pending) == (count, count, 0)


async def push(mesh: Mesh, name: str, images: list[bytes], stop: asyncio.Event) -> int:
    """Send until `stop` is set; returns how many frames that were."""
    number = 0
    async with AsyncCamera(
        mesh.run.ingest, pipeline="tried", name=name, options=CameraOptions(close_timeout=60)
    ) as camera:
        while not stop.is_set():
            number = await camera.send(images[camera.counts.offered % len(images)])
            await asyncio.sleep(1 / FRAMES_PER_SECOND)
    return number


async def rolled_out(channel: grpc.aio.Channel) -> pipeline_pb2.Pipeline:
    """Wait until the rollout that was begun is over."""
    stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
    request = pipeline_pb2.GetPipelineRequest(name="tried")
    answer = await eventually(
        lambda: stub.GetPipeline(request),
        ROLLED_OUT_SECONDS,
        until=lambda answer: not answer.pipeline.HasField("rollout"),
    )
    return answer.pipeline
