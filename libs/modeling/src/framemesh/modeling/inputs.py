"""Whether a manifest describes the inputs of its model."""

from framemesh.modeling.batch import batch_of, with_batch
from framemesh.modeling.constants import check_constants
from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import DType, ModelManifest
from framemesh.modeling.signature import OPEN, Tensor

DATATYPE = {
    DType.UINT8: "UINT8",
    DType.INT32: "INT32",
    DType.FLOAT16: "FP16",
    DType.FLOAT32: "FP32",
}


def check_inputs(manifest: ModelManifest, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The inputs, the image first, with the dimensions of the manifest where the model leaves
    them open.

    Raises:
        ModelInvalid: naming the field of the manifest, and the tensor with its shape.
    """
    given = next((each for each in inputs if each.name == manifest.input.name), None)
    if given is None:
        there = ", ".join(map(str, inputs))
        raise misfit(
            manifest, f"input.name: the file has no input {manifest.input.name!r}, it has {there}"
        )
    image = _image(manifest, given)
    others = tuple(each for each in inputs if each is not given)
    return (image, *check_constants(manifest, others, image))


def _image(manifest: ModelManifest, given: Tensor) -> Tensor:
    spec = manifest.input
    if given.datatype != DATATYPE[spec.dtype]:
        raise misfit(manifest, f"input.dtype: the input is {given}, not {spec.dtype}")
    batched = len(given.shape) != len(spec.shape)
    wanted = Tensor(
        spec.name, given.datatype, (OPEN, *spec.shape) if batched else spec.shape, batched
    )
    sides = given.shape[1:] if batched else given.shape
    if not _matches(sides, spec.shape):
        raise misfit(
            manifest,
            f"input.width, height, layout, color: the input is {given}, and the manifest says "
            f"{list(wanted.shape)}",
        )
    return (
        with_batch(manifest, wanted, batch_of(manifest, given))
        if batched
        else _alone(manifest, wanted)
    )


def _alone(manifest: ModelManifest, image: Tensor) -> Tensor:
    if manifest.max_batch > 1:
        raise misfit(
            manifest,
            f"max_batch: the input {image} has no batch dimension: set max_batch to 1, or export "
            "it with one",
        )
    return image


def _matches(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether all dimensions are equal, or open in the model."""
    return len(given) == len(wanted) and all(
        a in (b, OPEN) for a, b in zip(given, wanted, strict=True)
    )
