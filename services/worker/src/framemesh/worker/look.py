"""`python -m framemesh.worker.look FOLDER`: what a model's answer tells a worker.

For `framemesh model check`, which runs the model itself. In FOLDER are `request.json` (manifest,
ONNX file, size of the image, and the file of each output by its name), and at last `outcome.pb`.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.documents.document import read
from framemesh.core.errors import FramemeshError
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import validate_model
from framemesh.runtime.messages.detection_message import detection_to_proto
from framemesh.vision.placement import input_size, projection
from framemesh.worker.vision.decoders.sized import decoders_of
from framemesh.worker.vision.output_reader import OutputReader


def read_answer(folder: Path) -> None:
    """Write what the outputs tell."""
    request = json.loads((folder / "request.json").read_text())
    manifest = read(request["manifest"], ModelManifest, "the manifest")
    model = validate_model(manifest, Path(request["model"]))
    outputs = {}
    for tensor in model.signature.outputs:
        values = np.load(folder / request["outputs"][tensor.name], allow_pickle=False)
        outputs[tensor.name] = _as_served(values[0] if tensor.batched else values)
    width, height = request["width"], request["height"]
    decoder = decoders_of(manifest, model)(InputSize(*input_size(manifest.input, width, height)))
    reader = OutputReader(manifest.name, manifest.labels, decoder)
    found = reader.detections(outputs, projection(manifest.input, width, height))
    outcome = outcome_pb2.Outcome(
        width=width, height=height, detections=map(detection_to_proto, found)
    )
    (folder / "outcome.pb").write_bytes(outcome.SerializeToString())


def _as_served(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Floats as decoders get them."""
    return values.astype(np.float32) if values.dtype.kind == "f" else values


def main(folder: str) -> int:
    """Exit status; what fails is one line on standard error."""
    try:
        read_answer(Path(folder))
    except (FramemeshError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
