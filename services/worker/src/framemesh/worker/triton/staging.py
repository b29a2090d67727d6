"""Shared memory in which the inputs of one request are put together, in one piece.

Inputs that differ in size lie apart, each at the beginning of its row, and Triton takes a batch in
one piece. So its inputs are copied: in a thread, which lets the event loop run meanwhile.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


class StagingBlocks:
    """A block for each request that Triton may have at once."""

    def __init__(self, memory: Bytes, blocks: int) -> None:
        self._memory = memory
        self._size = memory.size // blocks
        self._free = list(range(blocks))

    def take(self) -> int | None:
        """A free block, to be released; None if probes have them all."""
        return self._free.pop() if self._free else None

    def release(self, block: int) -> None:
        self._free.append(block)

    def gather(self, block: int, inputs: Sequence[Bytes]) -> tuple[int, int]:
        """Write inputs one behind the other; offset and bytes of all of them."""
        first = end = block * self._size
        for each in inputs:
            self._memory[end : end + each.size] = each
            end += each.size
        return first, end - first
