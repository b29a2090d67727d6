"""The demo's street video through the test swarm."""

import sys
from pathlib import Path

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.tracing_spec import TracingSpec
from tests.chaos.load.images import CLIP, MODEL
from tests.swarm.lab import workers
from tests.swarm.lab.commands import run
from tests.swarm.lab.mesh import mesh
from tests.waiting import eventually

WORKERS = 3
PIPELINE = PipelineSpec(
    "street",
    (StageSpec("people", "person"),),
    buffer=BufferSpec(replicas=3),
    workers=WorkersSpec(min=WORKERS),
    tracing=TracingSpec(1.0),
)

CAMERA = "camera"
"""Or rather `camera-1` and so on, as there are several."""

CAMERAS = 2
FRAMES = 200
"""Of the clip, by each camera."""

PUSH_SECONDS = 120.0
FRAMEMESH = str(Path(sys.executable).parent / "framemesh")


async def play() -> monitor_pb2.PipelineStatus:
    """Push the clip as two cameras; returns the ledger once every frame has its outcome."""
    there = mesh()
    await there.add_model(MODEL)
    await there.submit(PIPELINE)
    await workers.ready(PIPELINE.name, WORKERS)
    await run(
        *(FRAMEMESH, "push", str(CLIP), "--pipeline", PIPELINE.name, "--camera", CAMERA),
        *("--cameras", str(CAMERAS), "--ingest", there.run.ingest),
        seconds=PUSH_SECONDS,
    )
    return await eventually(
        lambda: there.status(PIPELINE.name),
        PUSH_SECONDS,
        until=lambda status: sum(ledger.done for ledger in status.cameras) >= CAMERAS * FRAMES,
    )


async def remove() -> None:
    """The pipeline with all that it has."""
    await mesh().delete(PIPELINE.name)
