"""What goes into a model and what comes out of it."""

from dataclasses import dataclass
from math import prod

import numpy as np

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DType, ModelManifest

DATATYPE = {DType.UINT8: "UINT8", DType.FLOAT32: "FP32"}
NUMPY = {"UINT8": np.uint8, "FP32": np.float32}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output. The first side of `shape` is the batch; -1 stands for any."""

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
        """Of one picture; negative where a side is open."""
        if -1 in self.picture_shape:
            return -1
        return prod(self.picture_shape) * np.dtype(NUMPY[self.datatype]).itemsize

    def __str__(self) -> str:
        return f"{self.name} {self.datatype} {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """All inputs and all outputs of a model."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def check_fit(manifest: ModelManifest, signature: Signature) -> Signature:
    """The signature with the manifest's sides where the model leaves them open.

    Raises:
        ModelInvalid: naming the tensor, its shape, and what the manifest says.
    """
    wanted = Tensor(
        manifest.input.name, DATATYPE[manifest.input.dtype], (-1, *manifest.input.shape)
    )
    if [tensor.name for tensor in signature.inputs] != [wanted.name]:
        there = ", ".join(map(str, signature.inputs)) or "none"
        raise _misfit(manifest, f"its inputs are {there}, not one called {wanted.name}")
    (given,) = signature.inputs
    if given.datatype != wanted.datatype or not _matches(given.shape, wanted.shape):
        raise _misfit(manifest, f"its input is {given}; the manifest describes {wanted}")
    for tensor in (given, *signature.outputs):
        _check_batch(manifest, tensor)
    for tensor in signature.outputs:
        if tensor.datatype != "FP32":
            raise _misfit(manifest, f"output {tensor} is not FP32: export it as float32")
    return Signature((wanted,), signature.outputs)


def _matches(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(given) == len(wanted) and all(
        a == b or -1 in (a, b) for a, b in zip(given, wanted, strict=True)
    )


def _check_batch(manifest: ModelManifest, tensor: Tensor) -> None:
    batch = tensor.shape[0] if tensor.shape else 0
    if batch == 1 and manifest.max_batch > 1:
        raise _misfit(
            manifest,
            f"tensor {tensor} takes one picture at a time: set max_batch to 1, or export it with "
            "an open batch dimension",
        )
    if batch not in (1, -1):
        raise _misfit(
            manifest, f"tensor {tensor} must have the batch first, open or 1: export it so"
        )


def _misfit(manifest: ModelManifest, what: str) -> ModelInvalid:
    return ModelInvalid(f"model {manifest.name} ({manifest.file}): {what}")
