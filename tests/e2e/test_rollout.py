"""A pipeline is changed under load: its worker is replaced without a gap, and nothing is lost."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc.aio
import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.e2e.mesh import ROOT, Mesh

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

CAMERAS = 3
FRAMES_PER_SECOND = 15
"""Of each camera."""

FRAMES_AFTER = 30
"""That each camera sends once both changes are rolled out: the newest worker has some of them."""

FIRST = PipelineSpec(
    "changed",
    (StageSpec("only", "simulated"),),
    BufferSpec(shards=3, max_bytes=ByteSize(64 * 1024**2)),
    DeliverySpec(order=Order.PER_CAMERA, max_attempts=3),
    WorkersSpec(min=1),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A mesh of its own: no other pipeline's workers take the processors."""
    data = tmp_path_factory.mktemp("rollout")
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(ROOT / "examples/simulated")
        yield running


async def test_a_change_under_load_leaves_no_gap_and_loses_nothing(
    own_mesh: Mesh, jpegs: list[bytes]
) -> None:
    await own_mesh.apply(FIRST)
    changed = asyncio.Event()
    async with (
        grpc.aio.insecure_channel(own_mesh.run.master) as master,
        asyncio.TaskGroup() as tasks,
        background_task(always_ready(master)),
    ):
        pushing = [
            tasks.create_task(push(own_mesh, f"camera-{number}", jpegs, changed))
            for number in range(CAMERAS)
        ]
        for attempts in (4, 5):
            delivery = replace(FIRST.delivery, max_attempts=attempts)
            await own_mesh.submit(replace(FIRST, delivery=delivery))
            await only_the_newest(master)
        changed.set()
    sent = {f"camera-{number}": task.result() for number, task in enumerate(pushing)}
    outcomes = await own_mesh.outcomes("changed", sum(sent.values()))

    assert {outcome.fate for outcome in outcomes} == {outcome_pb2.FATE_DONE}
    sequences: dict[str, list[int]] = defaultdict(list)
    for outcome in outcomes:
        sequences[outcome.frame.camera].append(outcome.frame.sequence)
    # Each once, and in order.
    assert sequences == {camera: list(range(1, count + 1)) for camera, count in sent.items()}
    assert len({outcome.completed_by for outcome in outcomes}) == 3
    for ledger in (await own_mesh.status("changed")).cameras:
        count = sent[ledger.camera]
        assert (ledger.offered, ledger.done, ledger.pending) == (count, count, 0)


async def push(mesh: Mesh, name: str, images: list[bytes], changed: asyncio.Event) -> int:
    """Send until `changed` is set and FRAMES_AFTER more; returns how many that were."""
    async with AsyncCamera(
        mesh.run.ingest, pipeline="changed", name=name, options=CameraOptions(close_timeout=60)
    ) as camera:
        left = FRAMES_AFTER
        while left:
            number = await camera.send(images[camera.counts.offered % len(images)])
            left -= changed.is_set()
            await asyncio.sleep(1 / FRAMES_PER_SECOND)
    return number


async def always_ready(master: grpc.aio.Channel) -> None:
    """Fails when the pipeline has no worker that is ready."""
    stub = pipeline_pb2_grpc.PipelineServiceStub(master)
    while True:
        request = pipeline_pb2.GetPipelineRequest(name="changed")
        pipeline = (await stub.GetPipeline(request)).pipeline
        assert 1 <= pipeline.ready_workers <= 2, pipeline.trouble
        await asyncio.sleep(0.02)


async def only_the_newest(master: grpc.aio.Channel) -> None:
    """Wait until the only worker is one of the newest revision."""
    pipelines = pipeline_pb2_grpc.PipelineServiceStub(master)
    nodes = node_pb2_grpc.NodeServiceStub(master)
    request = pipeline_pb2.GetPipelineRequest(name="changed")
    revision = (await pipelines.GetPipeline(request)).pipeline.revision
    async with asyncio.timeout(30):
        while True:
            answer = await nodes.ListNodes(node_pb2.ListNodesRequest())
            workers = [worker for each in answer.nodes for worker in each.node.workers]
            if [worker.revision for worker in workers] == [revision]:
                return
            await asyncio.sleep(0.05)
