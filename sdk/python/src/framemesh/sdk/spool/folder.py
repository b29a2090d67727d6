"""The spool of one camera: its folder, opened, worked on and closed by one thread."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from framemesh.sdk.errors import SpoolFailed
from framemesh.sdk.session.credit import Cost, Credit
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened, Stored
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.options import Target
from framemesh.sdk.session.spools import DiskSpool
from framemesh.sdk.spool import session_file
from framemesh.sdk.spool.ages import Ages
from framemesh.sdk.spool.files import LockFile, lock, sync_folder
from framemesh.sdk.spool.log import NoRoom, RecordLog
from framemesh.sdk.spool.record import State

RESERVE_AHEAD = session_file.RESERVED_AT_ONCE // 2
"""Numbers are reserved with a sync before they run out, so that no frame waits for that."""


class SpoolFolder:
    """A spool while it is open. Every method blocks for as long as the disk takes."""

    def __init__(
        self,
        spool: DiskSpool,
        target: Target,
        *,
        drops: bool,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        boot: Callable[[], str] = session_file.boot_id,
    ) -> None:
        """`drops`: the oldest frames that were never sent make room for new ones."""
        self.path = Path(spool.folder) / target.pipeline / target.camera
        self._spool = spool
        self._log = RecordLog(self.path, spool.max_bytes, drops=drops)
        self._clock = clock
        self._monotonic = monotonic
        self._boot = boot
        self._ages: Ages | None = None
        self._lock: LockFile | None = None
        self._session: session_file.SessionFile
        self._last = 0
        """The number that was written last."""

    def open(self) -> SpoolOpened:
        """Take the folder for this process, and read what is in it.

        Raises:
            SpoolInUse: another process has it.
            SpoolFailed: it cannot be read or written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
            self._lock = lock(self.path / "lock")
            return self._recover()
        except OSError as error:
            raise SpoolFailed(
                f"the spool {self.path} cannot be opened: {error.strerror}: choose a folder on a "
                "disk that this program may write to"
            ) from error

    def _recover(self) -> SpoolOpened:
        (self.path / f"{session_file.NAME}.new").unlink(missing_ok=True)
        boot, found = self._boot(), session_file.read(self.path)
        session = found or session_file.new_session(boot)
        if found is None:
            session_file.replace(self.path, session)
            sync_folder(self.path.parent)
            sync_folder(self.path.parent.parent)
        upcoming, cut = self._log.open()
        is_other = session.boot != boot or boot == session_file.NO_BOOT
        if found is None:
            upcoming = upcoming or 1
        elif is_other or not upcoming:
            # Records may be gone, of frames that were stored.
            upcoming = max(upcoming, session.reserved + 1)
        if self._log.is_empty or is_other:
            self._log.begin_segment(upcoming)
        self._session, self._last = session, upcoming - 1
        if upcoming > session.reserved or session.boot != boot:
            self._reserve(boot)
        if self._spool.max_age is not None:
            self._ages = Ages(self._spool.max_age, self._clock(), self._monotonic())
        return SpoolOpened(
            session.session, upcoming, self._log.unread, self._log.used, cut, str(self.path)
        )

    def perform(self, work: DiskWork) -> DiskDone:
        """Do what a camera asks for, as far as the disk allows."""
        log = self._log
        dropped, damaged = log.dropped, log.damaged
        stored: list[Stored] = []
        loaded: list[OfferedFrame] = []
        problem = ""
        try:
            for sequence in work.settled:
                log.settle(sequence)
            self._drop_aged()
            for index, frame in enumerate(work.frames):
                state = State.SENT if index < work.sent else State.WAITING
                stored.append(self._append(frame, state))
            if work.load is not None:
                self._load(work.load, loaded)
            if work.sync:
                self._sync()
        except OSError as error:
            problem = error.strerror or str(error)
        oldest = log.next()
        return DiskDone(
            # What a full disk does not take has its frame refused, and those after it as well.
            stored=(*stored, *[Stored.FAILED] * (len(work.frames) - len(stored))),
            loaded=tuple(loaded),
            dropped=log.dropped - dropped,
            damaged=log.damaged - damaged,
            unread=log.unread,
            used_bytes=log.used,
            reclaimable=log.reclaimable,
            oldest_unix_nano=None if oldest is None else oldest.taken_unix_nano,
            is_synced=log.is_synced,
            problem=problem,
        )

    def _append(self, frame: OfferedFrame, state: State) -> Stored:
        if frame.sequence > self._session.reserved:
            # Numbers between may be those of frames that were filtered.
            self._reserve(self._session.boot, frame.sequence - 1)
        try:
            self._log.append(frame, state)
        except NoRoom:
            # Everything in the spool may be stored, so the frame itself is the one that goes.
            return Stored.DROPPED
        self._last = frame.sequence
        if self._ages is not None:
            self._ages.taken(frame.sequence, self._monotonic())
        return Stored.SENT if state is State.SENT else Stored.WAITING

    def _load(self, limit: Credit, loaded: list[OfferedFrame]) -> None:
        """Add the next frames, oldest first."""
        cost = Cost()
        while (head := self._log.next()) is not None and cost.leaves_room(limit, head.image_length):
            if (frame := self._log.read(head)) is not None:
                loaded.append(frame)
                cost.add(frame)
            self._drop_aged()

    def _drop_aged(self) -> None:
        now = self._monotonic()
        while self._ages is not None and (head := self._log.next()) is not None:
            waits = head.state is State.WAITING
            if not waits or not self._ages.is_over(head.sequence, head.taken_unix_nano, now):
                return
            self._log.drop(head)

    def _sync(self) -> None:
        self._log.sync()
        if self._last + RESERVE_AHEAD > self._session.reserved:
            self._reserve(self._session.boot)

    def _reserve(self, boot: str, last: int = 0) -> None:
        reserved = max(self._last, last) + session_file.RESERVED_AT_ONCE
        self._session = session_file.SessionFile(self._session.session, reserved, boot)
        session_file.replace(self.path, self._session)

    def close(self) -> None:
        """Put everything on the disk, and leave the folder to others."""
        try:
            if not self._log.is_empty:
                self._log.sync()
        finally:
            self._log.close()
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
