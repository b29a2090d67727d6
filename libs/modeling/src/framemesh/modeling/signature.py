"""The inputs and outputs of a model, and whether a manifest matches them."""

from dataclasses import dataclass
from math import prod

from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import DType, ModelManifest

OPEN = -1
"""A dimension whose length is known only when the model runs."""

NO_TENSOR = "no tensor"
"""Datatype of what is a sequence or a map."""

DATATYPE = {DType.UINT8: "UINT8", DType.FLOAT32: "FP32"}
ELEMENT_BYTES = {"UINT8": 1, "FP32": 4}

MAX_PICTURE_BYTES = 1024**3
"""Of the input and the outputs for one picture: a request over 2 GiB is beyond protobuf, and the
memory has room for two pictures at least."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output. The first dimension of `shape` is the batch; -1 is any length."""

    name: str
    datatype: str
    """As Triton calls it: FP32, UINT8, ..."""
    shape: tuple[int, ...]

    @property
    def picture_shape(self) -> tuple[int, ...]:
        """Of one picture."""
        return self.shape[1:]

    @property
    def picture_bytes(self) -> int:
        """Of one picture; negative where a dimension is open."""
        if OPEN in self.picture_shape:
            return -1
        return prod(self.picture_shape) * ELEMENT_BYTES[self.datatype]

    def __str__(self) -> str:
        return f"{self.name} {self.datatype} {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """All inputs and all outputs of a model."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def check_signature(manifest: ModelManifest, signature: Signature) -> Signature:
    """The signature with the dimensions of the manifest where the model leaves them open.

    Raises:
        ModelInvalid: naming the field of the manifest, and the tensor with its shape.
    """
    given = _only_input(manifest, signature)
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
    _check_batch(manifest, given)
    for output in signature.outputs:
        _check_output(manifest, output)
    if len({output.name for output in signature.outputs}) < len(signature.outputs):
        there = ", ".join(map(str, signature.outputs))
        raise misfit(manifest, f"two of its outputs have one name: {there}")
    _check_size(manifest, (wanted, *signature.outputs))
    return Signature((wanted,), signature.outputs)


def _only_input(manifest: ModelManifest, signature: Signature) -> Tensor:
    there = ", ".join(map(str, signature.inputs))
    if len(signature.inputs) != 1:
        raise misfit(
            manifest, f"input: the file has {len(signature.inputs)} inputs ({there}), one is needed"
        )
    (given,) = signature.inputs
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


def _check_output(manifest: ModelManifest, output: Tensor) -> None:
    if output.datatype == NO_TENSOR:
        raise misfit(
            manifest,
            f"output {output.name} is a sequence or a map, not a tensor: export the model without "
            "it",
        )
    if output.datatype != "FP32":
        raise misfit(manifest, f"output {output} is not FP32: export it as float32")
    if not output.shape:
        raise misfit(
            manifest,
            f"output {output} declares no shape: export it with one, the batch first "
            "(onnx.shape_inference tells it)",
        )
    _check_batch(manifest, output)
    if 0 in output.picture_shape:
        raise misfit(manifest, f"output {output} holds nothing: export it without this output")


def _check_batch(manifest: ModelManifest, tensor: Tensor) -> None:
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


def _check_size(manifest: ModelManifest, tensors: tuple[Tensor, ...]) -> None:
    size = sum(max(0, tensor.picture_bytes) for tensor in tensors)
    if size > MAX_PICTURE_BYTES:
        raise misfit(
            manifest,
            f"the tensors of one picture take {size} bytes, over the limit of {MAX_PICTURE_BYTES}: "
            + ", ".join(map(str, tensors)),
        )
