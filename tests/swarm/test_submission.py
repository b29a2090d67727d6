"""From the file of a detector to its first outcome."""

import sys
import time
from pathlib import Path

import pytest
from pydantic import ByteSize

from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import ROOT
from tests.jpegs import jpeg
from tests.swarm.lab import workers
from tests.swarm.lab.commands import run
from tests.swarm.lab.mesh import mesh
from tests.swarm.lab.pipelines import images

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.swarm_short,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(200, func_only=True),
    pytest.mark.usefixtures("stack_of_three"),
]

ASSETS = ROOT.parent / "shared" / "assets"
DETECTOR, LABELS = ASSETS / "fastestdet-coco.onnx", ASSETS / "coco.names"

FIRST_OUTCOME_SECONDS = 60.0

FRAMEMESH = str(Path(sys.executable).parent / "framemesh")


def detecting(model: str) -> PipelineSpec:
    buffer = BufferSpec(replicas=3, max_bytes=ByteSize(64 * 1024**2))
    return PipelineSpec(model, (StageSpec("only", model),), buffer, workers=WorkersSpec(1))


async def submit(name: str) -> None:
    command = (FRAMEMESH, "model", "submit", str(DETECTOR), "--name", name, "--labels", str(LABELS))
    await run(*command, "--master", mesh().run.master)


@pytest.mark.skipif(not DETECTOR.is_file(), reason="it is not beside the checkout")
async def test_a_submitted_detector_has_outcomes_soon_and_is_packaged_alike_each_time() -> None:
    there = mesh()
    began = time.monotonic()
    await submit("things")
    await there.submit(detecting("things"))
    await there.push("things", "camera", [jpeg()])
    await there.outcomes("things", 1)
    took = time.monotonic() - began
    image = await images("things")
    await there.delete("things")
    await submit("same")
    await there.submit(detecting("same"))
    await workers.ready("same", 1)
    assert await images("same") == image
    await there.delete("same")
    assert took <= FIRST_OUTCOME_SECONDS
