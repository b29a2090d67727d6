"""What a spool on disk has to tell: in the log, and not for every frame."""

import logging
import math

from framemesh.sdk.session.disk.work import DiskDone, SpoolOpened, Stored

log = logging.getLogger(__name__)

TELL_SECONDS = 60.0
"""Between two lines about what is dropped."""


class SpoolReport:
    """Of the spool of one camera."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._folder = ""
        self.problem = ""
        """What the disk said last; empty if it did what it was asked for."""
        self._dropped = self._damaged = 0
        """Not told yet."""
        self._told = -math.inf

    def opened(self, opened: SpoolOpened) -> None:
        self._folder = opened.folder
        if opened.cut_bytes:
            log.warning(
                "camera %s: the spool %s ended in %d bytes of a frame that was not written to its "
                "end; they are cut off",
                self._camera,
                self._folder,
                opened.cut_bytes,
            )
        if opened.unread:
            log.info(
                "camera %s: %d frames are left in the spool %s and are sent first",
                self._camera,
                opened.unread,
                self._folder,
            )

    def done(self, done: DiskDone, now: float) -> None:
        if done.problem != self.problem and done.problem:
            log.warning(
                "camera %s: the spool %s cannot be written: %s",
                self._camera,
                self._folder,
                done.problem,
            )
        self.problem = done.problem
        self._dropped += done.dropped + done.stored.count(Stored.DROPPED)
        self._damaged += done.damaged
        if self._dropped and now - self._told >= TELL_SECONDS:
            self._told = now
            self.rest()

    def rest(self) -> None:
        """Tell what was not told yet."""
        if self._dropped:
            log.warning(
                "camera %s: %d frames of the spool %s were dropped before they were sent%s",
                self._camera,
                self._dropped,
                self._folder,
                f", {self._damaged} of them as the disk had damaged them" if self._damaged else "",
            )
        self._dropped = self._damaged = 0
