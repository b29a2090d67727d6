"""One picture of a source, before it is known whether it is wanted."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from framemesh.sources.messages import Opened, UnreadableFrame

Pixels: TypeAlias = NDArray[np.uint8]
"""[height, width, 3] of BGR, upright."""


@dataclass(slots=True)
class Picture:
    """It is decoded and encoded only when somebody takes it."""

    name: str
    encoded: bytes | None = None
    """As the source has it, where that is an image file; else None."""
    decode: Callable[[], Pixels | None] | None = None
    """None: from `encoded`. It returns None for what is no image."""
    captured: Callable[[], int] = field(default=time.time_ns)
    """Unix nanoseconds. Asked when the picture is taken: a file's is captured then, and a stream
    knows its clock better with every packet."""
    seconds: float | None = None
    """Its place in a video."""
    progress: float | None = None
    """How much of the source is read with it, 0 to 1."""
    size: tuple[int, int] | None = None
    """Width and height, as far as they are known without decoding."""


Item: TypeAlias = Picture | UnreadableFrame


class Reader(Protocol):
    """An open source. Everything may block, and is called by one thread."""

    @property
    def opened(self) -> Opened:
        """What it is."""
        ...

    @property
    def damaged(self) -> int:
        """Frames so far that are there and cannot be decoded."""
        ...

    @property
    def shortfall(self) -> str:
        """After its end: what it declares to have and did not give, in words; empty: nothing."""
        ...

    def items(self) -> Iterator[Item]:
        """Its pictures up to its end; that of a live source is an error.

        Raises:
            SourceFailed, SourceTimedOut, SourceUnreadable: as they say.
        """
        ...

    def close(self) -> None: ...
