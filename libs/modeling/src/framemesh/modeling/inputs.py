"""Whether a manifest describes the inputs of its model."""

from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import DType, ModelManifest
from framemesh.modeling.signature import OPEN, Tensor

DATATYPE = {DType.UINT8: "UINT8", DType.FLOAT32: "FP32"}


def check_inputs(manifest: ModelManifest, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The inputs with the dimensions of the manifest where the model leaves them open.

    Raises:
        ModelInvalid: naming the field of the manifest, and the tensor with its shape.
    """
    given = _only_input(manifest, inputs)
    wanted = Tensor(
        manifest.input.name, DATATYPE[manifest.input.dtype], (OPEN, *manifest.input.shape)
    )
    if given.datatype != wanted.datatype:
        raise misfit(manifest, f"input.dtype: the input is {given}, not {manifest.input.dtype}")
    if not _matches(given.shape, wanted.shape):
        raise misfit(
            manifest,
            f"input.width, height, layout: the input is {given}, and the manifest says "
            f"{list(wanted.shape)}",
        )
    check_batch(manifest, given)
    return (wanted,)


def check_batch(manifest: ModelManifest, tensor: Tensor) -> None:
    """
    Raises:
        ModelInvalid: the tensor's first dimension is not a batch of the size that is wanted.
    """
    batch = tensor.shape[0]
    if batch == 1 and manifest.max_batch > 1:
        raise misfit(
            manifest,
            f"max_batch: tensor {tensor} takes one picture at a time: set max_batch to 1, or "
            "export it with an open batch dimension",
        )
    if batch not in (1, OPEN):
        raise misfit(
            manifest,
            f"max_batch: tensor {tensor} must have the batch first, open or 1: export it so",
        )


def _only_input(manifest: ModelManifest, inputs: tuple[Tensor, ...]) -> Tensor:
    there = ", ".join(map(str, inputs))
    if len(inputs) != 1:
        raise misfit(manifest, f"input: the file has {len(inputs)} inputs ({there}), one is needed")
    (given,) = inputs
    if given.name != manifest.input.name:
        raise misfit(
            manifest, f"input.name: the file has no input {manifest.input.name!r}, it has {there}"
        )
    return given


def _matches(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether all dimensions but the batch are equal, or open in the model."""
    return len(given) == len(wanted) and all(
        a in (b, OPEN) for a, b in zip(given[1:], wanted[1:], strict=True)
    )
