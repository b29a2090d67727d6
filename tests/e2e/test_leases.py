"""Several workers share an ordered pipeline: they come and go, and every camera keeps its order."""

import asyncio
import os
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.e2e.mesh import ROOT, Mesh
from tests.e2e.processes import processes_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

CAMERAS = 6
FRAMES = 300
FRAMES_PER_SECOND = 15
"""Of each camera: a push of twenty seconds."""

SPEC = PipelineSpec(
    "ordered",
    (StageSpec("only", "simulated"),),
    BufferSpec(shards=6, max_bytes=ByteSize(64 * 1024**2)),
    DeliverySpec(order=Order.PER_CAMERA),
    WorkersSpec(min=2),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fragile(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A mesh of its own, whose processes may be killed."""
    data = tmp_path_factory.mktemp("leases")
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(ROOT / "examples/simulated")
        yield running


async def test_the_order_holds_while_workers_are_killed_stopped_and_added(
    fragile: Mesh, jpegs: list[bytes]
) -> None:
    await fragile.apply(SPEC)
    async with asyncio.TaskGroup() as tasks:
        for number in range(CAMERAS):
            tasks.create_task(push(fragile, f"camera-{number}", jpegs))
        await asyncio.sleep(3)
        os.kill(worker(fragile, 0), signal.SIGKILL)
        await asyncio.sleep(5)
        # Longer than the TTL of its leases: it resumes with frames that another worker has.
        stopped = worker(fragile, 1)
        os.kill(stopped, signal.SIGSTOP)
        await asyncio.sleep(5)
        os.kill(stopped, signal.SIGCONT)
        await fragile.apply(replace(SPEC, workers=WorkersSpec(min=3)))
    outcomes = await fragile.outcomes("ordered", CAMERAS * FRAMES)

    ids = Counter((o.frame.camera, o.frame.session, o.frame.sequence) for o in outcomes)
    assert len(ids) == CAMERAS * FRAMES
    assert {o.fate for o in outcomes} == {outcome_pb2.FATE_DONE}
    sequences: dict[str, list[int]] = defaultdict(list)
    for outcome in outcomes:
        sequences[outcome.frame.camera].append(outcome.frame.sequence)
    assert all(each == sorted(each) for each in sequences.values())
    # All of them worked.
    assert len({o.completed_by for o in outcomes}) >= 2
    for ledger in (await fragile.status("ordered")).cameras:
        assert (ledger.offered, ledger.done, ledger.pending) == (FRAMES, FRAMES, 0)


async def push(mesh: Mesh, name: str, images: list[bytes]) -> None:
    async with AsyncCamera(
        mesh.run.ingest, pipeline="ordered", name=name, options=CameraOptions(close_timeout=60)
    ) as camera:
        for number in range(FRAMES):
            await camera.send(images[number % len(images)])
            await asyncio.sleep(1 / FRAMES_PER_SECOND)


def worker(mesh: Mesh, number: int) -> int:
    """The pid of a worker of this mesh."""
    found = {
        process.environ()["FRAMEMESH_WORKER_ID"].rsplit("-", 1)[1]: process.pid
        for process in processes_of(mesh)
        if process.cmdline()[-1:] == ["framemesh.worker"]
    }
    return found[str(number)]
