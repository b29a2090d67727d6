"""Two nodes of unlike speed and price share an ordered pipeline, on a real broker."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta

import grpc.aio
import pytest
import pytest_asyncio
from pydantic import ByteSize

from bench.scaling.handover import camera_names
from bench.scaling.run import picture
from bench.scaling.unlike_mesh import FAST, MODEL, OLD, unlike_mesh
from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.e2e.mesh import Mesh
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
    pytest.mark.long,
]

SHARDS = 8
SETTLED_SECONDS = 90
SPEC = PipelineSpec(
    "street",
    (StageSpec("only", MODEL),),
    BufferSpec(shards=SHARDS, max_bytes=ByteSize(256 * 1024**2)),
    DeliverySpec(order=Order.PER_CAMERA),
    WorkersSpec(min=1, max=4, shrink_after=timedelta(seconds=8)),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    async with unlike_mesh(tmp_path_factory.mktemp("unlike")) as mesh:
        yield mesh


class Cameras:
    """One for each shard; each sends at the rate of the moment."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._image = picture()
        self.rate = 0.6
        """Frames a second of each."""
        self.stop = asyncio.Event()

    async def send(self, name: str) -> int:
        sent = 0
        async with AsyncCamera(
            self._mesh.run.ingest,
            pipeline="street",
            name=name,
            options=CameraOptions(close_timeout=60),
        ) as camera:
            while not self.stop.is_set():
                await camera.send(self._image)
                sent += 1
                await asyncio.sleep(1 / self.rate)
        return sent


async def workers_by_node(mesh: Mesh) -> dict[str, int]:
    """Those that are ready."""
    async with grpc.aio.insecure_channel(mesh.run.master) as channel:
        stub = node_pb2_grpc.NodeServiceStub(channel)
        answer = await stub.ListNodes(node_pb2.ListNodesRequest())
    return dict(
        Counter(
            status.node.name
            for status in answer.nodes
            for worker in status.node.workers
            if worker.pipeline == "street" and worker.state == node_pb2.WORKER_STATE_READY
        )
    )


async def decisions(mesh: Mesh) -> list[str]:
    async with grpc.aio.insecure_channel(mesh.run.master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        answer = await stub.GetPipeline(pipeline_pb2.GetPipelineRequest(name="street"))
    return [event.message for event in answer.events if event.kind == "scaled"]


async def test_the_cheapest_workers_hold_the_load_and_the_slow_ones_do_less(
    two_nodes: Mesh,
) -> None:
    await two_nodes.apply(SPEC)
    cameras = Cameras(two_nodes)
    async with asyncio.TaskGroup() as tasks:
        sending = [tasks.create_task(cameras.send(name)) for name in camera_names(SHARDS)]
        # 5 frames/s: one worker of the old node is enough for that.
        await eventually(
            lambda: workers_by_node(two_nodes), SETTLED_SECONDS, until={OLD.name: 1}.__eq__
        )
        before = sum(each.done for each in (await two_nodes.status("street")).cameras)
        # 40 frames/s: three more old ones would cost as much as a fast one, and do less.
        cameras.rate = 5
        await eventually(
            lambda: workers_by_node(two_nodes),
            SETTLED_SECONDS,
            until=lambda there: there.get(FAST.name, 0) >= 1,
        )
        await asyncio.sleep(15)
        there = await workers_by_node(two_nodes)
        told = await decisions(two_nodes)
        cameras.stop.set()
    frames = sum(task.result() for task in sending)
    found = await two_nodes.outcomes("street", frames)

    assert there.keys() == {FAST.name, OLD.name}, told
    assert any(f"1 on {FAST.name}" in line and "an hour" in line for line in told), told
    # Both worked when there was much to do, and the slow ones did less.
    done = Counter(outcome.completed_by for outcome in found[before:])
    (_, most), *others = done.most_common()
    assert all(most > 1.5 * count for _, count in others), done
    sequences: dict[str, list[int]] = defaultdict(list)
    for outcome in found:
        assert outcome.fate == outcome_pb2.FATE_DONE
        sequences[outcome.frame.camera].append(outcome.frame.sequence)
    for numbers in sequences.values():
        assert numbers == [*range(1, len(numbers) + 1)]
    for ledger in (await two_nodes.status("street")).cameras:
        assert (ledger.done, ledger.pending) == (ledger.offered, 0)
    assert sum(camera.offered for camera in (await two_nodes.status("street")).cameras) == frames
