"""Memory for the inputs and outputs of one model, cut into rows of one image each."""

import contextlib
import mmap
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.signature import Tensor
from framemesh.vision.arrays import NUMPY, Input
from framemesh.worker.triton.orphan_cleanup import SHARED_MEMORY

Values = NDArray[Any]
"""Numbers of the type that the model declares."""
OutputBatch = Mapping[str, Values]
"""Of several images, [images, ...]: by the name of its tensor, a view that may only be read."""
RowOutputs = Mapping[str, Values]
"""The same of one image, without the batch dimension."""

ALIGNMENT = 64
"""Of the block of each tensor, in bytes: a cache line."""


class SharedMemory:
    """A file of /dev/shm that another process of this machine can map as well."""

    def __init__(self, name: str, size: int) -> None:
        """Raises:
        OSError: there is no room for it.
        """
        self.name = name
        self.size = size
        self._path = SHARED_MEMORY / name
        self._path.unlink(missing_ok=True)
        file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            # Otherwise a full /dev/shm would kill the process by SIGBUS at a later write.
            os.posix_fallocate(file, 0, size)
            self.bytes = np.frombuffer(mmap.mmap(file, size), np.uint8)
        except OSError:
            self.close()
            raise
        finally:
            os.close(file)

    @property
    def key(self) -> str:
        """Its name for shm_open."""
        return f"/{self.name}"

    def close(self) -> None:
        """Remove its name; the memory itself is freed with the last view of it."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


class TensorArena:
    """The rows of one model in one block of memory: all inputs, then all of each output."""

    def __init__(
        self, memory: NDArray[np.uint8], rows: int, image: Tensor, outputs: tuple[Tensor, ...]
    ) -> None:
        """
        Args:
            image: the input of the model, one image a row.
            outputs: without open sides; none where outputs come in the answer.
        """
        self._memory = memory
        self._outputs = outputs
        self._sizes = [tensor.image_bytes for tensor in (image, *outputs)]
        blocks = [_block(rows, tensor) for tensor in (image, *outputs)]
        self._starts = [sum(blocks[:at]) for at in range(len(blocks))]
        self.inputs: list[Input] = [self._run(0, row, 1, image)[0] for row in range(rows)]

    @staticmethod
    def size(rows: int, image: Tensor, outputs: tuple[Tensor, ...]) -> int:
        """Bytes that an arena takes."""
        return sum(_block(rows, tensor) for tensor in (image, *outputs))

    def span(self, tensor: int, first: int, count: int) -> tuple[int, int]:
        """Offset and bytes of a run of rows; tensor 0 is the input, then the outputs follow."""
        size = self._sizes[tensor]
        return self._starts[tensor] + first * size, count * size

    def input_bytes(self, first: int, count: int) -> bytes:
        """A copy of the inputs of a run of rows, to be sent in a request."""
        offset, size = self.span(0, first, count)
        return self._memory[offset : offset + size].tobytes()

    def outputs(self, first: int, count: int) -> OutputBatch:
        """What the model wrote for a run of rows: good until one of the rows is used again."""
        return {
            output.name: self._written(at, first, count, output)
            for at, output in enumerate(self._outputs, 1)
        }

    def _written(self, at: int, first: int, count: int, output: Tensor) -> Values:
        view = self._run(at, first, count, output)
        view.flags.writeable = False
        return view

    def _run(self, at: int, first: int, count: int, tensor: Tensor) -> Values:
        offset, size = self.span(at, first, count)
        flat = self._memory[offset : offset + size].view(NUMPY[tensor.datatype])
        return flat.reshape(count, *tensor.image_shape)


def with_floats(outputs: OutputBatch) -> OutputBatch:
    """The same with all floats as float32, so that no decoder computes in half precision. Whole
    numbers and booleans keep their type."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told as that
        return {
            name: values.astype(np.float32, copy=False) if values.dtype.kind == "f" else values
            for name, values in outputs.items()
        }


def rows_of(outputs: OutputBatch, count: int) -> list[RowOutputs]:
    """The outputs of each of `count` images."""
    return [{name: batch[at] for name, batch in outputs.items()} for at in range(count)]


def _block(rows: int, tensor: Tensor) -> int:
    return -(-rows * tensor.image_bytes // ALIGNMENT) * ALIGNMENT
