"""What a worker would see on one image: prepared and read by the worker's own code, in a process of
its own, because the command line does not import it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.inspection.inference import MAX_MESSAGE, Inference, InferenceFailed, run_once
from framemesh.cli.inspection.inputs import Pixels, model_inputs
from framemesh.core.documents.document import dump
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.preparation import UNIT

Inputs = dict[str, NDArray[Any]]
"""By the names of the tensors."""

SECONDS = 30.0
"""For one step of the worker: importing it takes most."""


def look(
    python: Path, model: Path, facts: ModelFacts, manifest: ModelManifest, image: Pixels
) -> outcome_pb2.Outcome:
    """The detections on `image`, with its size.

    Args:
        python: that has the workers' onnxruntime.

    Raises:
        InferenceFailed: the model does not run, or its outputs cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="framemesh-look-") as name:
        folder = Path(name)
        _, encoded = cv2.imencode(".png", image)
        (folder / "image.png").write_bytes(encoded.tobytes())
        request = {
            "manifest": dump(manifest),
            "model": str(model.resolve()),
            "image": str(folder / "image.png"),
            "outputs": {},
        }
        _write(folder, request)
        _step("prepare", folder, model)
        size = manifest.input.width, manifest.input.height
        inputs = _prepared(folder, facts, model_inputs(facts, image, UNIT, size))
        request["outputs"] = _outputs(folder, run_once(python, model, inputs, try_two=False))
        _write(folder, request)
        _step("read", folder, model)
        return outcome_pb2.Outcome.FromString((folder / "outcome.pb").read_bytes())


def _write(folder: Path, request: dict[str, Any]) -> None:
    (folder / "request.json").write_text(json.dumps(request))


def _step(action: str, folder: Path, model: Path) -> None:
    command = (sys.executable, "-m", "framemesh.worker.look", action, str(folder))
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InferenceFailed(
            f"{model.name}: reading its answer took over {SECONDS:.0f} s"
        ) from error
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
        raise InferenceFailed(f"{model.name}: its answer cannot be read: {last[:MAX_MESSAGE]}")


def _prepared(folder: Path, facts: ModelFacts, inputs: Inputs) -> Inputs:
    """The inputs with the image as the worker prepared it."""
    name = facts.image.tensor.name
    prepared = np.load(folder / "input.npy", allow_pickle=False)
    return {**inputs, name: np.broadcast_to(prepared, inputs[name].shape)}


def _outputs(folder: Path, inference: Inference) -> dict[str, str]:
    """The file of each output, by its name."""
    files = {}
    for number, (name, values) in enumerate(inference.probe.outputs.items()):
        files[name] = f"output{number}.npy"
        np.save(folder / files[name], values, allow_pickle=False)
    return files
