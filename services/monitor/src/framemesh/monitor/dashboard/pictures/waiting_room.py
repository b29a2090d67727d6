"""Room for pictures whose frames have no outcome yet."""

from collections.abc import Iterator
from contextlib import contextmanager

MAX_BYTES = 32 * 1024 * 1024
"""Of all cameras. Where frames wait for so long that it is full, pictures are shown less often."""


class WaitingRoom:
    """Bounded in bytes."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._free = max_bytes

    @contextmanager
    def place(self, size: int) -> Iterator[bool]:
        """Whether there is room for so many bytes, which are taken while the context lasts."""
        taken = size if size <= self._free else 0
        self._free -= taken
        try:
            yield bool(taken)
        finally:
            self._free += taken
