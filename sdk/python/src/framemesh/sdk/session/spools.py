"""Where frames wait that cannot be sent yet."""

import os
from dataclasses import dataclass

from framemesh.sdk.errors import InvalidArgument
from framemesh.sdk.session.checks import check_count, check_seconds

SPOOL_FRAMES = 64
"""Two seconds of most cameras: enough for ingest to restart, and the frames are still recent."""

SPOOL_BYTES = 16 * 1024 * 1024
"""As many frames of 256 KiB."""

DISK_BYTES = 1024 * 1024 * 1024
"""An hour of a camera with 5 frames/s of 60 KB."""

LEAST_DISK_BYTES = 1024 * 1024
"""Sixteen segments, which are deleted one by one."""

SYNC_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySpool:
    """Frames that wait in memory where `send` never waits (on_full="drop_oldest"). They are gone
    when the process ends."""

    max_frames: int = SPOOL_FRAMES
    max_bytes: int = SPOOL_BYTES
    """Of images. A larger image waits alone."""

    def __post_init__(self) -> None:
        check_count("max_frames of a spool", self.max_frames, 1)
        check_count("max_bytes of a spool", self.max_bytes, 1)


@dataclass(frozen=True, slots=True)
class DiskSpool:
    """Frames wait on disk, and survive the process. `send` returns when the kernel has the frame.

    Opened by `with`, or by the first frame; what the last process left is sent first, under the
    ids that it had. A camera with it begins also where no ingest can be reached.

    Raises:
        InvalidArgument: a bound cannot be.
    """

    folder: str | os.PathLike[str]
    """On a disk of this machine, and never copied to another. Each camera has a folder in it."""
    max_bytes: int = DISK_BYTES
    """Of the files. What a frame that finds no room does, `on_full` says."""
    max_age: float | None = None
    """Seconds after which a frame that was never sent is dropped; None: it is kept."""
    sync_seconds: float | None = SYNC_SECONDS
    """A power cut takes frames of the last so many seconds. 0: none that `send` returned a number
    for, which waits for the disk each time. None: it is left to the kernel."""

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str | os.PathLike) or not os.fspath(self.folder):
            raise InvalidArgument(f"folder of a spool is a path, not {self.folder!r}")
        check_count("max_bytes of a spool on disk", self.max_bytes, LEAST_DISK_BYTES)
        if self.max_age is not None:
            check_seconds("max_age of a spool", self.max_age)
        if self.sync_seconds is not None:
            check_seconds("sync_seconds of a spool", self.sync_seconds)
