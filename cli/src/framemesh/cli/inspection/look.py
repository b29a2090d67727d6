"""What a worker would see on one image. The answer of the model is read by the worker's own code,
in a process of its own, because the command line does not import it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.inspection.inference import Inference, InferenceFailed, run_once
from framemesh.cli.inspection.inputs import served_inputs
from framemesh.core.documents.document import dump
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.runtime_message import MAX_MESSAGE, printable
from framemesh.modeling.validation import validate_model
from framemesh.vision.arrays import Pixels

SECONDS = 30.0
"""To read one answer: importing the worker takes most."""


def look(python: Path, model: Path, manifest: ModelManifest, image: Pixels) -> outcome_pb2.Outcome:
    """The detections on `image`, with its size.

    Args:
        python: that has the workers' onnxruntime.

    Raises:
        InferenceFailed: the model does not run, or its outputs cannot be read.
    """
    inputs = served_inputs(manifest, validate_model(manifest, model), image)
    inference = run_once(python, model, inputs, try_two=False)
    height, width = image.shape[:2]
    with tempfile.TemporaryDirectory(prefix="framemesh-look-") as name:
        folder = Path(name)
        request = {
            "manifest": dump(manifest),
            "model": str(model.resolve()),
            "width": width,
            "height": height,
            "outputs": _outputs(folder, inference),
        }
        (folder / "request.json").write_text(json.dumps(request))
        _read(folder, model)
        return outcome_pb2.Outcome.FromString((folder / "outcome.pb").read_bytes())


def _read(folder: Path, model: Path) -> None:
    command = (sys.executable, "-m", "framemesh.worker.look", str(folder))
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
        raise InferenceFailed(
            f"{model.name}: its answer cannot be read: {printable(last, MAX_MESSAGE)}"
        )


def _outputs(folder: Path, inference: Inference) -> dict[str, str]:
    """The file of each output, by its name."""
    files = {}
    for number, (name, values) in enumerate(inference.probe.outputs.items()):
        files[name] = f"output{number}.npy"
        np.save(folder / files[name], values, allow_pickle=False)
    return files
