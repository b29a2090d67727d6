"""Every process of the mesh is killed while frames are in flight; every frame is done, once."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable

import psutil
import pytest
import pytest_asyncio

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.e2e.mesh import ROOT, Mesh
from tests.e2e.processes import processes_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

CAMERAS = 3
FRAMES = 500
FRAMES_PER_SECOND = 25
"""Of each camera: a push of twenty seconds."""

VICTIMS = (
    "framemesh.worker",
    "tritonserver",
    "framemesh.ingest",
    "framemesh.monitor",
    "nats-server",
)
FIRST_KILL_SECONDS, KILL_EVERY_SECONDS = 2.0, 3.0
START_TIMEOUT_SECONDS = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fragile(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A mesh of its own, whose processes may be killed."""
    data = tmp_path_factory.mktemp("fragile")
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(ROOT / "models/person")
        await running.apply(PipelineSpec("kills", (StageSpec("people", "person"),)))
        yield running


async def test_kill_9_of_each_loses_nothing_and_doubles_nothing(
    fragile: Mesh, jpegs: list[bytes]
) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(CAMERAS):
            tasks.create_task(push(fragile, f"camera-{number}", jpegs))
        tasks.create_task(kill_one_after_the_other(fragile, VICTIMS))
    outcomes = await fragile.outcomes("kills", CAMERAS * FRAMES)

    ids = Counter((o.frame.camera, o.frame.session, o.frame.sequence) for o in outcomes)
    assert len(ids) == CAMERAS * FRAMES
    status = await fragile.status("kills")
    for ledger in status.cameras:
        counts = (ledger.offered, ledger.accepted, ledger.done, ledger.pending, ledger.dead)
        assert counts == (FRAMES, FRAMES, FRAMES, 0, 0)
    assert (status.backlog, status.duplicate_outcomes) == (0, 0)


async def test_the_processes_of_two_meshes_are_told_apart(mesh: Mesh, fragile: Mesh) -> None:
    """Both are children of these tests: to kill one of the other's would show nothing."""
    for program in ("framemesh.monitor", "nats-server"):
        assert await started(mesh, program) != await started(fragile, program)


async def push(mesh: Mesh, name: str, images: list[bytes]) -> None:
    async with AsyncCamera(
        mesh.run.ingest, pipeline="kills", name=name, options=CameraOptions(close_timeout=60)
    ) as camera:
        for number in range(FRAMES):
            await camera.send(images[number % len(images)])
            await asyncio.sleep(1 / FRAMES_PER_SECOND)


async def kill_one_after_the_other(mesh: Mesh, victims: Iterable[str]) -> None:
    await asyncio.sleep(FIRST_KILL_SECONDS)
    for victim in victims:
        os.kill(await started(mesh, victim), signal.SIGKILL)
        await asyncio.sleep(KILL_EVERY_SECONDS)


async def started(mesh: Mesh, program: str) -> int:
    """The process id of a program of this mesh, once it runs: it may have ended with the last
    victim."""
    async with asyncio.timeout(START_TIMEOUT_SECONDS):
        while (pid := await asyncio.to_thread(pid_of, mesh, program)) is None:
            await asyncio.sleep(0.1)
    return pid


def pid_of(mesh: Mesh, program: str) -> int | None:
    """Of a process of this mesh: its module is the last word of a command, or it is the first."""
    for process in processes_of(mesh):
        with contextlib.suppress(psutil.NoSuchProcess):
            command = process.cmdline()
            if command and (command[-1] == program or command[0].endswith(f"/{program}")):
                return process.pid
    return None
