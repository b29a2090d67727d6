"""Whether a model can be run at all: its file, its manifest and its decoder belong together."""

from dataclasses import dataclass
from pathlib import Path

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.onnx_file import read_signature
from framemesh.modeling.signature import Signature, check_fit
from framemesh.worker.vision.decoders.decoder import Decoder
from framemesh.worker.vision.decoders.registry import make_decoder
from framemesh.worker.vision.preprocess import Preprocessor


@dataclass(frozen=True, slots=True)
class ValidatedModel:
    """What looks at pictures with a model, but for the model itself."""

    signature: Signature
    preprocessor: Preprocessor
    decoder: Decoder


def validate_model(manifest: ModelManifest, onnx: Path) -> ValidatedModel:
    """
    Raises:
        ModelInvalid, UnknownDecoder: in one line that names the tensor or the field.
    """
    signature = check_fit(manifest, read_signature(onnx))
    _check_simulated(manifest, signature)
    shapes = {output.name: output.picture_shape for output in signature.outputs}
    return ValidatedModel(signature, Preprocessor(manifest.input), make_decoder(manifest, shapes))


def _check_simulated(manifest: ModelManifest, signature: Signature) -> None:
    for output in signature.outputs:
        if manifest.simulated and output.picture_bytes < 0:
            raise ModelInvalid(
                f"model {manifest.name} ({manifest.file}): simulated: only running the model would "
                f"tell the size of output {output}: export it with fixed sides"
            )
