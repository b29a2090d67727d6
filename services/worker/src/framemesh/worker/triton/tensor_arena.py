"""Memory for the inputs and outputs of one model, cut into rows of one picture each."""

import contextlib
import mmap
import os
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.signature import Tensor
from framemesh.worker.triton.orphan_cleanup import SHARED_MEMORY

Input = NDArray[np.uint8] | NDArray[np.float32]
"""Of one picture: a view that may be written to."""
OutputBatch = Mapping[str, NDArray[np.float32]]
"""Of several pictures, [pictures, ...]: by the name of its tensor, a view that may only be read."""
RowOutputs = Mapping[str, NDArray[np.float32]]
"""The same of one picture, without the batch dimension."""

NUMPY = {"UINT8": np.uint8, "FP32": np.float32}
"""What Triton's names of types are here."""

ALIGNMENT = 64
"""Of each tensor's block, in bytes: a cache line, so that floats lie where the CPU wants them."""


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
            # Else a full /dev/shm would kill us with SIGBUS at the first write, much later.
            os.posix_fallocate(file, 0, size)
            self.bytes = np.frombuffer(mmap.mmap(file, size), np.uint8)
        except OSError:
            self.close()
            raise
        finally:
            os.close(file)

    @property
    def key(self) -> str:
        """What shm_open calls it."""
        return f"/{self.name}"

    def close(self) -> None:
        """Give its name back; the memory itself goes with the last view of it."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


class TensorArena:
    """The rows of one model in one block of memory: first all inputs, then each output's."""

    def __init__(
        self, memory: NDArray[np.uint8], rows: int, picture: Tensor, outputs: tuple[Tensor, ...]
    ) -> None:
        """`outputs` have no open sides; give none where they come by another way."""
        self._memory = memory
        self._outputs = outputs
        self._sizes = [tensor.picture_bytes for tensor in (picture, *outputs)]
        blocks = [_block(rows, tensor) for tensor in (picture, *outputs)]
        self._starts = [sum(blocks[:at]) for at in range(len(blocks))]
        self.inputs: list[Input] = [self._run(0, row, 1, picture)[0] for row in range(rows)]

    @staticmethod
    def size(rows: int, picture: Tensor, outputs: tuple[Tensor, ...]) -> int:
        """Bytes that an arena takes."""
        return sum(_block(rows, tensor) for tensor in (picture, *outputs))

    def span(self, tensor: int, first: int, count: int) -> tuple[int, int]:
        """Offset and bytes of a run of rows; tensor 0 is the input, then the outputs follow."""
        size = self._sizes[tensor]
        return self._starts[tensor] + first * size, count * size

    def input_bytes(self, first: int, count: int) -> bytes:
        """A copy of the inputs of a run of rows, for a Triton that does not share the memory."""
        offset, size = self.span(0, first, count)
        return self._memory[offset : offset + size].tobytes()

    def outputs(self, first: int, count: int) -> OutputBatch:
        """What the model wrote for a run of rows: good until one of the rows is used again."""
        return {
            output.name: self._written(at, first, count, output)
            for at, output in enumerate(self._outputs, 1)
        }

    def _written(self, at: int, first: int, count: int, output: Tensor) -> NDArray[np.float32]:
        view: NDArray[np.float32] = self._run(at, first, count, output).view(np.float32)
        view.flags.writeable = False
        return view

    def _run(self, at: int, first: int, count: int, tensor: Tensor) -> Input:
        offset, size = self.span(at, first, count)
        flat = self._memory[offset : offset + size].view(NUMPY[tensor.datatype])
        return flat.reshape(count, *tensor.picture_shape)


def rows_of(outputs: OutputBatch, count: int) -> list[RowOutputs]:
    """The outputs of each of `count` pictures."""
    return [{name: batch[at] for name, batch in outputs.items()} for at in range(count)]


def _block(rows: int, tensor: Tensor) -> int:
    return -(-rows * tensor.picture_bytes // ALIGNMENT) * ALIGNMENT
