"""Whether a model can be served at all: its file, its manifest and its decoder belong together.

Master, worker and CLI ask here, so what one of them takes the others take too.
"""

from dataclasses import dataclass
from pathlib import Path

from framemesh.core.pipeline.results import ResultBound
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.registry import demand_of
from framemesh.modeling.decoders.skeleton import check_skeleton
from framemesh.modeling.errors import ModelInvalid, misfit
from framemesh.modeling.inputs import check_inputs
from framemesh.modeling.loadable import check_loadable
from framemesh.modeling.manifest import InputSpec, ModelManifest
from framemesh.modeling.onnx_file import read_onnx
from framemesh.modeling.outputs import bind_outputs
from framemesh.modeling.preparation import check_preparation
from framemesh.modeling.result_size import check_result_size
from framemesh.modeling.signature import MAX_TENSOR_BYTES, Signature


@dataclass(frozen=True, slots=True)
class ValidatedModel:
    """What is known of a model before it is run."""

    signature: Signature
    """With the dimensions of the manifest where the file leaves them open, and without the outputs
    that the decoder does not read."""
    binding: DecoderBinding
    result: ResultBound
    """What the model tells of one image, at most."""
    declared: Signature
    """As the file has it."""


def validate_model(manifest: ModelManifest, onnx: Path) -> ValidatedModel:
    """Check a manifest against its ONNX file, of which no more than the structure is read.

    Raises:
        ModelInvalid, UnknownDecoder: in one line that names the tensor or the field.
    """
    check_preparation(manifest)
    content = read_onnx(onnx, f"model {manifest.name}: file: {manifest.file}")
    validated = check_signature(manifest, content.signature)
    if manifest.simulated:
        _check_simulated(manifest, validated.signature)
    else:
        check_loadable(manifest, content)
    return validated


def check_signature(manifest: ModelManifest, signature: Signature) -> ValidatedModel:
    """Compare a manifest with all inputs and outputs that its file declares.

    Raises:
        ModelInvalid, UnknownDecoder: in one line that names the tensor or the field.
    """
    if not manifest.input.multiple_of:
        return _checked(manifest, signature)
    largest, *others = (manifest.of_size(*size) for size in trial_sizes(manifest.input))
    validated = _checked(largest, signature)
    for other in others:
        spec = other.input
        try:
            _checked(other, signature)
        except ModelInvalid as error:
            size = f"{spec.width} x {spec.height}"
            raise ModelInvalid(f"{error} (input.multiple_of allows {size})") from error
    return validated


def trial_sizes(spec: InputSpec) -> tuple[tuple[int, int], ...]:
    """The largest size of the input, and others that stand for all that it may have."""
    step = spec.multiple_of
    return (spec.width, spec.height), (spec.width, step), (step, spec.height)


def _checked(manifest: ModelManifest, signature: Signature) -> ValidatedModel:
    inputs = check_inputs(manifest, signature.inputs)
    outputs, binding = bind_outputs(manifest, signature.outputs, inputs[0])
    check_skeleton(manifest, binding.detail.keypoints)
    result = check_result_size(manifest, binding.detail, boxes=demand_of(manifest).boxes)
    tensors = (*inputs, *outputs)
    size = sum(max(0, tensor.image_bytes) for tensor in tensors)
    if size > MAX_TENSOR_BYTES:
        raise misfit(
            manifest,
            f"the tensors of one image take {size} bytes, over the limit of {MAX_TENSOR_BYTES}: "
            + ", ".join(map(str, tensors)),
        )
    return ValidatedModel(Signature(inputs, outputs), binding, result, signature)


def _check_simulated(manifest: ModelManifest, signature: Signature) -> None:
    if not signature.inputs[0].batched:
        raise misfit(
            manifest, f"simulated: the input {signature.inputs[0]} has no batch: export it with one"
        )
    for output in signature.outputs:
        if output.image_bytes < 0:
            raise misfit(
                manifest,
                "simulated: only running the model would tell the size of output "
                f"{output}: export it with fixed dimensions",
            )
