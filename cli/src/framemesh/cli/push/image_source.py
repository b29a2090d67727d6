"""What `push` gets its frames from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from framemesh.core.errors import Code, FramemeshError


class SourceUnreadable(FramemeshError):
    """The source that was named holds no frames."""

    code = Code.INVALID


class CameraEnded(FramemeshError):
    """A live source gives no more frames."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One frame of a source."""

    name: str
    """The file, or the video and the number of the frame in it."""
    encoded: bytes
    is_original: bool = True
    """Whether these are the bytes of the source, and not encoded for sending."""


@dataclass(frozen=True, slots=True)
class UnreadableImage:
    """One image of a source that cannot be read; the others can."""

    error: FramemeshError


Item: TypeAlias = SourceImage | UnreadableImage


class ImageSource(Protocol):
    """Frames that can be gone through, once or again."""

    @property
    def length(self) -> int | None:
        """How many frames there are, as far as known."""
        ...

    @property
    def left_out(self) -> tuple[Path, ...]:
        """What lies beside its frames and is no image of a kind that is sent: files and folders."""
        ...

    def items(self) -> Iterator[Item]:
        """Each frame as an encoded image; blocks while one is read or captured.

        Raises:
            SourceUnreadable: nothing can be read.
            CameraEnded: a live source gave its last frame.
        """
        ...
