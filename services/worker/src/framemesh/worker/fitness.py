"""Whether a model can be run at all: its file, its manifest and its decoder belong together."""

from dataclasses import dataclass
from pathlib import Path

from framemesh.core.model import ModelManifest
from framemesh.worker.decoders.decoder import Decoder
from framemesh.worker.decoders.registry import make_decoder
from framemesh.worker.errors import ModelMisfit
from framemesh.worker.preparation import Preparation
from framemesh.worker.triton.onnx_signature import read_signature
from framemesh.worker.triton.tensors import Signature, check_fit


@dataclass(frozen=True, slots=True)
class FitModel:
    """What looks at pictures with a model, but for the model itself."""

    signature: Signature
    preparation: Preparation
    decoder: Decoder


def fit(manifest: ModelManifest, onnx: Path) -> FitModel:
    """
    Raises:
        ModelMisfit, UnknownDecoder: in one line that names the tensor or the field.
    """
    signature = check_fit(manifest, read_signature(onnx))
    _check_simulated(manifest, signature)
    shapes = {output.name: output.picture_shape for output in signature.outputs}
    return FitModel(signature, Preparation(manifest.input), make_decoder(manifest, shapes))


def _check_simulated(manifest: ModelManifest, signature: Signature) -> None:
    for output in signature.outputs:
        if manifest.simulated and output.picture_bytes < 0:
            raise ModelMisfit(
                f"model {manifest.name} ({manifest.file}): simulated: only running the model would "
                f"tell the size of output {output}: export it with fixed sides"
            )
