"""Which outputs of a model its decoder reads, and whether workers can read them.

The other outputs are not asked for, so their types and shapes do not matter.
"""

from dataclasses import replace

from framemesh.modeling.batch import with_batch
from framemesh.modeling.decoders.demand import DecoderBinding, Shapes
from framemesh.modeling.decoders.registry import bind_decoder, demand_of
from framemesh.modeling.errors import ModelInvalid, misfit
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.signature import ELEMENT_BYTES, FLOATS, NO_TENSOR, OPEN, Tensor


def bind_outputs(
    manifest: ModelManifest, outputs: tuple[Tensor, ...], image: Tensor
) -> tuple[tuple[Tensor, ...], DecoderBinding]:
    """The outputs that the decoder reads, and which of them it reads as what.

    Args:
        image: the model's input.

    Raises:
        UnknownDecoder, ModelInvalid: in one line that names the tensor or the field.
    """
    demand = demand_of(manifest)
    flat = demand.flat or manifest.decoder.steps_first
    if flat:
        _check_flat(manifest, image)
    if len({output.name for output in outputs}) < len(outputs):
        there = ", ".join(map(str, outputs))
        raise misfit(manifest, f"two of its outputs have one name: {there}")
    batched = image.batched and not flat
    outputs = tuple(replace(output, batched=batched) for output in outputs)
    binding = _bind(manifest, outputs)
    named = {name: called for called, name in binding.tensors.items()}
    read = [output for output in outputs if output.name in named]
    for output in read:
        _check_output(manifest, output, integers=named[output.name] in demand.integers)
    if batched:
        read = [with_batch(manifest, output, image.shape[0]) for output in read]
    return tuple(read), binding


def _check_flat(manifest: ModelManifest, image: Tensor) -> None:
    steps_first = manifest.decoder.steps_first
    reads = "the steps before the images" if steps_first else "one list of all images"
    if manifest.max_batch > 1:
        raise misfit(
            manifest,
            f"max_batch: decoder {manifest.decoder.name} reads {reads}: set max_batch to 1",
        )
    if image.batched and image.shape[0] != OPEN:
        raise misfit(
            manifest,
            f"decoder {manifest.decoder.name} reads {reads}, and the input "
            f"{image} takes {image.shape[0]} of them: export it with a batch of 1",
        )


def _bind(manifest: ModelManifest, outputs: tuple[Tensor, ...]) -> DecoderBinding:
    tensors = [output for output in outputs if output.datatype != NO_TENSOR and output.shape]
    try:
        return bind_decoder(manifest, _shapes(tensors))
    except ModelInvalid:
        # Whole numbers beside what a decoder reads are often a second form of it: the best class
        # of the scores.
        floats = [output for output in tensors if output.datatype in FLOATS]
        named = set(manifest.decoder.output_names.values())
        if 0 < len(floats) < len(tensors) and named <= {output.name for output in floats}:
            return bind_decoder(manifest, _shapes(floats))
        for output in outputs:
            _check_tensor(manifest, output)
        raise


def _shapes(outputs: list[Tensor]) -> Shapes:
    return {output.name: output.image_shape for output in outputs}


def _check_tensor(manifest: ModelManifest, output: Tensor) -> None:
    if output.datatype == NO_TENSOR:
        raise misfit(
            manifest,
            f"output {output.name} is a sequence or a map, not a tensor: export the model without "
            "it",
        )
    if not output.shape:
        raise misfit(
            manifest,
            f"output {output} declares no shape: export it with one, the batch first "
            "(onnx.shape_inference tells it)",
        )


def _check_output(manifest: ModelManifest, output: Tensor, *, integers: bool) -> None:
    if output.datatype not in (ELEMENT_BYTES if integers else FLOATS):
        expected = "numbers" if integers else "floats"
        raise misfit(
            manifest,
            f"output {output} is not of {expected}, as decoder {manifest.decoder.name} reads it: "
            "export it as float32",
        )
    if 0 in output.image_shape:
        raise misfit(manifest, f"output {output} holds nothing: export it without this output")
