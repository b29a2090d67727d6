"""`python -m framemesh.worker.trial FOLDER`: whether this machine's tritonserver can be used.

For `framemesh doctor`. In FOLDER is `request.json` (manifest and ONNX file of a small model), and
at last `result.json`: the seconds from the start of a tritonserver until it answered a real
inference. What it writes meanwhile is in FOLDER as well; nothing of it runs on.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from framemesh.core.clock import SystemClock
from framemesh.core.documents.document import read
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import ModelManifest
from framemesh.runtime.service import run_service
from framemesh.worker.engine.engine import open_engine

STAGE = "trial"


async def try_triton(folder: Path) -> None:
    """Start it, infer and stop it.

    Raises:
        ProgramMissing, TritonStartFailed, ModelInvalid: it cannot be used.
    """
    request = json.loads(await asyncio.to_thread((folder / "request.json").read_text))
    manifest = read(request["manifest"], ModelManifest, "the manifest")
    model = LocalModel(manifest, 1, Path(request["model"]))
    spec = PipelineSpec(STAGE, (StageSpec(STAGE, manifest.name),))
    began = time.monotonic()
    # It yields an engine whose model has answered.
    async with open_engine(
        spec, {STAGE: model}, folder / "worker", triton_address=None, cpus=1, clock=SystemClock()
    ):
        result = {"seconds": time.monotonic() - began}
    await asyncio.to_thread((folder / "result.json").write_text, json.dumps(result))


async def _until_stopped(folder: Path, stop: asyncio.Event) -> None:
    trial = asyncio.ensure_future(try_triton(folder))
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({trial, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in (trial, stopped):
            each.cancel()
        await asyncio.wait({trial, stopped})
    if not trial.cancelled():
        trial.result()


if __name__ == "__main__":
    _, given = sys.argv
    sys.exit(run_service("trial", lambda stop: _until_stopped(Path(given), stop), "warning"))
