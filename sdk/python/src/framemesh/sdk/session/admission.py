"""Whether a camera takes a frame, and what it says when it does not."""

from framemesh.sdk.errors import (
    BadFrame,
    CameraClosed,
    FramemeshSdkError,
    IngestUnreachable,
    NoCredit,
)
from framemesh.sdk.session.disk.queue import DiskQueue
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.session import CameraSession


class AdmissionControl:
    """Decides for one camera, after its credit and its options."""

    def __init__(
        self,
        target: Target,
        session: CameraSession,
        options: CameraOptions,
        disk: DiskQueue | None = None,
    ) -> None:
        self._target = target
        self._session = session
        self._disk = disk
        self._raises = options.on_full == "error"
        self._send_timeout = options.send_timeout

    def is_decided(self, size: int) -> bool:
        """Whether a frame of `size` bytes need not wait: it is taken now, or not at all."""
        session = self._session
        decided = session.closing or self._raises_now or not self._can_hold(size)
        return decided or session.admits(size)

    def _can_hold(self, size: int) -> bool:
        return self._disk is None or self._disk.can_hold(size)

    def check(self, size: int, failure: Exception | None) -> None:
        """The wait of a frame of `size` bytes is over: return if it is taken.

        Raises:
            CameraClosed: the camera was closed.
            BadFrame: the spool could never hold it.
            NoCredit: there is no credit for the frame.
            IngestUnreachable: there is no connection either.
            Exception: `failure`, if it is not None: there will be no further connection.
        """
        self.check_open(failure)
        if not self._can_hold(size):
            raise BadFrame(f"an image of {size} bytes is larger than the spool on disk may be")
        if not self._session.admits(size):
            raise self._no_credit_now() if self._raises_now else self._timed_out()

    def check_open(self, failure: Exception | None) -> None:
        """
        Raises:
            CameraClosed: the camera was closed.
            Exception: `failure`, if it is not None.
        """
        if self._session.closing:
            raise CameraClosed(f"camera {self._target.camera!r} is closed: make a new one")
        if failure is not None:
            raise failure

    @property
    def _raises_now(self) -> bool:
        # Before the first stream the credit is not known, so it is not used up.
        return self._raises and self._session.knows_room

    def _no_credit_now(self) -> FramemeshSdkError:
        session, target = self._session, self._target
        if self._disk is not None:
            return self._spool_full()
        why = (
            "is the buffer of the pipeline full? `framemesh status` shows it"
            if session.is_open
            else "the connection is away, and being made anew"
        )
        return NoCredit(
            f"camera {target.camera!r} has used up its credit: {session.unacknowledged} frames "
            f"wait for an answer of ingest at {target.address}: {why}. The frame was not taken"
        )

    def _spool_full(self) -> NoCredit:
        return NoCredit(
            f"the spool of camera {self._target.camera!r} is full: "
            f"{self._session.unacknowledged} frames wait for ingest at {self._target.address}. The "
            "frame was not taken"
        )

    def _timed_out(self) -> FramemeshSdkError:
        target, seconds = self._target, self._send_timeout
        if self._disk is not None:
            return self._spool_full()
        if not self._session.is_open:
            return IngestUnreachable(
                f"no connection to ingest at {target.address} for {seconds:g} s: is it running? "
                "The frame was not taken; send it again"
            )
        return NoCredit(
            f"ingest at {target.address} took no frame of camera {target.camera!r} for "
            f"{seconds:g} s: is the buffer of the pipeline full? `framemesh status` shows it. The "
            "frame was not taken; send it again"
        )
