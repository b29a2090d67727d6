"""The spool of a camera, where it has one on disk."""

import logging
from typing import Protocol

from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened

log = logging.getLogger(__name__)

DISK_SECONDS = 10.0
"""For the disk to take what is on its way there, when a camera ends."""


class OpenSpool(Protocol):
    """Its methods block, and are called by one thread."""

    def open(self) -> SpoolOpened: ...

    def perform(self, work: DiskWork) -> DiskDone: ...

    def close(self) -> None: ...


def tell_if_open(core: CameraCore, is_open: bool) -> None:
    """The time for the spool to be closed is over."""
    if is_open:
        log.warning(
            "camera %s: the disk of its spool did not answer for %g s; frames whose `send` did not "
            "return are not in it",
            core.target.camera,
            DISK_SECONDS,
        )


def spool_of(core: CameraCore) -> OpenSpool | None:
    """Not opened yet; None where the camera has none."""
    options = core.options
    if options.disk is None:
        return None
    # Needs flock, which not every system has.
    from framemesh.sdk.spool.folder import SpoolFolder  # noqa: PLC0415

    return SpoolFolder(options.disk, core.target, drops=options.drops, clock=options.clock)
