"""The spool of a camera, where it has one on disk."""

from typing import Protocol

from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened

DISK_SECONDS = 10.0
"""For the disk to take what is on its way there, when a camera ends."""


class OpenSpool(Protocol):
    """Its methods block, and are called by one thread."""

    def open(self) -> SpoolOpened: ...

    def perform(self, work: DiskWork) -> DiskDone: ...

    def close(self) -> None: ...


def spool_of(core: CameraCore) -> OpenSpool | None:
    """Not opened yet; None where the camera has none."""
    options = core.options
    if options.disk is None:
        return None
    # Needs flock, which not every system has.
    from framemesh.sdk.spool.folder import SpoolFolder  # noqa: PLC0415

    return SpoolFolder(options.disk, core.target, drops=options.drops, clock=options.clock)
