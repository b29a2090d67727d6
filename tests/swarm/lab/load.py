"""Cameras that push to the test swarm all the time, and every frame of theirs counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from pydantic import ByteSize

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.spec import WorkersSpec
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.raw_stream import raw_streams
from tests.chaos.load.cameras import Cameras
from tests.chaos.load.images import MODEL, Images
from tests.chaos.mesh.system_under_test import SystemUnderTest
from tests.chaos.policies import POLICIES, Policy
from tests.chaos.rounds.evidence_collection import drained, gather
from tests.swarm.lab.mesh import mesh
from tests.waiting import eventually

CAMERAS = ("camera-1", "camera-2", "camera-3")
FPS = 3.0
"""Of each camera. Three nodes on two cores are a third busy at rest, and more than half with this;
with 8 a worker that starts waits for a CPU, which no swarm of machines would show."""

WORKER_CPUS = 0.65
"""Of each. Without a limit a worker starts as many instances of its model as the machine has CPUs,
of which the other nodes have their part. Two fit on a node beside the services of the stack."""

BUFFER_BYTES = 128 * 1024**2
"""More than the cameras push in a minute: while workers are away, nobody is held back."""

DONE_SECONDS = 60.0
"""For the outcomes of frames that were accepted already: some are redelivered, after 10 s each."""


SHOWN = 5
"""Of the frames without an outcome, in the message of a failure."""


@dataclass(frozen=True, slots=True)
class UnderLoad:
    """A mesh with cameras that push."""

    system: SystemUnderTest
    policy: Policy

    async def accepted(self) -> set[FrameId]:
        """Every frame that was acknowledged to its camera so far."""
        sessions = await asyncio.to_thread(self.system.cameras.sessions)
        return {session.frame(each) for session in sessions for each in session.accepted}

    async def every_camera_pushes(self) -> None:
        """Wait until each camera has had a frame accepted since now."""
        before = await self.accepted()

        async def all_do() -> bool:
            pushed = await self.accepted() - before
            return {frame.camera for frame in pushed} == set(self.system.names)

        await eventually(all_do)

    async def nothing_is_lost_or_double(self) -> None:
        """Wait until each frame that was accepted so far has its outcome; nobody stops for it.

        Raises:
            TimeoutError: a frame has none.
        """
        waiting = await self.accepted()
        outcomes = self.system.streams.live.times
        await eventually(
            lambda: [str(frame) for frame in waiting - outcomes.keys()][:SHOWN],
            DONE_SECONDS,
            until=lambda missing: not missing,
        )
        assert not [str(frame) for frame, times in outcomes.items() if times > 1]

    async def violations(self) -> list[str]:
        """Every broken promise, once the cameras have stopped and the buffer is empty."""
        await drained(self.system)
        evidence = await gather(self.system)
        return await asyncio.to_thread(self._check, evidence)

    def _check(self, evidence: Evidence) -> list[str]:
        return [str(found) for check in self.policy.checks for found in check(evidence)]


def policy(workers: int) -> Policy:
    """The pipeline under load: three replicas of everything, a part of a CPU for each worker."""
    chosen = POLICIES["every_frame"].replicated(3)
    buffer = replace(chosen.spec.buffer, max_bytes=ByteSize(BUFFER_BYTES))
    group = WorkersSpec(min=workers, cpus=WORKER_CPUS)
    return replace(chosen, spec=replace(chosen.spec, buffer=buffer, workers=group))


@asynccontextmanager
async def system_under_test(
    policy: Policy, images: Images, folder: Path
) -> AsyncIterator[SystemUnderTest]:
    """The mesh with its pipeline, whose workers may not be there yet; it is deleted at the end."""
    there = mesh()
    await there.add_model(MODEL)
    await there.submit(policy.spec)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(there.delete, policy.spec.name)
        streams = await stack.enter_async_context(raw_streams(there.run.nats, policy.spec.name))
        yield SystemUnderTest(
            root=await asyncio.to_thread(psutil.Process),
            mesh=there,
            spec=policy.spec,
            cameras=Cameras(folder, there.run.ingest, policy.spec.name),
            names=CAMERAS,
            images=images,
            streams=streams,
        )
