"""`python -m framemesh.worker.look`: what a worker would see on one image, without a Triton.

For `framemesh model check`, which runs the model itself: `prepare FOLDER` writes the model's input,
`read FOLDER` turns its outputs into detections. In FOLDER are `request.json` (manifest, ONNX file,
image, and the file of each output by its name), `input.npy`, and at last `outcome.pb`.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.documents.document import read
from framemesh.core.errors import FramemeshError
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import validate_model
from framemesh.runtime.messages.detection_message import detection_to_proto
from framemesh.worker.vision.decoders.registry import make_decoder
from framemesh.worker.vision.image import FrameImage
from framemesh.worker.vision.output_reader import OutputReader
from framemesh.worker.vision.preprocess import Preprocessor


class Look:
    """One model and one image."""

    def __init__(self, folder: Path) -> None:
        request = json.loads((folder / "request.json").read_text())
        self._folder = folder
        self._files = request["outputs"]
        self._manifest = read(request["manifest"], ModelManifest, "the manifest")
        self._model = validate_model(self._manifest, Path(request["model"]))
        self._image = FrameImage(Path(request["image"]).read_bytes())
        self._preprocessor = Preprocessor(self._manifest.input)

    def prepare(self) -> None:
        """Write the model's input for the image, without a batch."""
        spec = self._manifest.input
        prepared = np.empty(spec.shape, np.dtype(str(spec.dtype)))
        self._preprocessor.write(self._image.pixels, prepared)
        np.save(self._folder / "input.npy", prepared, allow_pickle=False)

    def read(self) -> None:
        """Write what the outputs tell."""
        outputs = {}
        for tensor in self._model.signature.outputs:
            values = np.load(self._folder / self._files[tensor.name], allow_pickle=False)
            outputs[tensor.name] = _as_served(values[0] if tensor.batched else values)
        pixels = self._image.pixels
        height, width = pixels.shape[:2]
        decoder = make_decoder(self._manifest.decoder, self._model.binding)
        reader = OutputReader(self._manifest.name, self._manifest.labels, decoder)
        found = reader.detections(outputs, self._preprocessor.projection(width, height))
        outcome = outcome_pb2.Outcome(
            width=width, height=height, detections=map(detection_to_proto, found)
        )
        (self._folder / "outcome.pb").write_bytes(outcome.SerializeToString())


def _as_served(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Floats as decoders get them."""
    return values.astype(np.float32) if values.dtype.kind == "f" else values


def main(action: str, folder: str) -> int:
    """Exit status; what fails is one line on standard error."""
    try:
        look = Look(Path(folder))
        if action == "prepare":
            look.prepare()
        else:
            look.read()
    except (FramemeshError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
