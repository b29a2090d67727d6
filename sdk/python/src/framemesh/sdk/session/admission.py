"""Whether a camera takes a frame, and what it says when it does not."""

from framemesh.sdk.errors import CameraClosed, FramemeshSdkError, IngestUnreachable, NoCredit
from framemesh.sdk.session.on_full import OnFull
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.transport.target import Target


class AdmissionControl:
    """Of one camera. Whoever asks holds its session."""

    def __init__(
        self, target: Target, session: CameraSession, on_full: OnFull, send_timeout: float | None
    ) -> None:
        self._target = target
        self._session = session
        self._raises = on_full == "error"
        self._send_timeout = send_timeout

    def is_decided(self, size: int) -> bool:
        """Whether a frame of `size` bytes need not wait: it is taken now, or not at all."""
        session = self._session
        # Before the first stream nobody knows of a credit, so it is not used up.
        refused = self._raises and session.connected_once
        return session.closing or refused or session.admits(size)

    def check(self, size: int, failure: Exception | None) -> None:
        """The wait of a frame of `size` bytes is over; return if it is taken.

        Raises:
            CameraClosed: it was closed.
            NoCredit: there is none for the frame.
            IngestUnreachable: nor is there a connection.
            Exception: `failure`, after which there will be none.
        """
        if self._session.closing:
            raise CameraClosed(f"camera {self._target.camera!r} is closed: make a new one")
        if failure is not None:
            raise failure
        if not self._session.admits(size):
            at_once = self._raises and self._session.connected_once
            raise self._at_once() if at_once else self._in_time()

    def _at_once(self) -> FramemeshSdkError:
        session, target = self._session, self._target
        why = (
            "is the buffer of the pipeline full? `framemesh status` shows it"
            if session.is_open
            else "the connection is away, and being made anew"
        )
        return NoCredit(
            f"camera {target.camera!r} has used up its credit: {session.unacknowledged} frames "
            f"wait for an answer of ingest at {target.address}: {why}. The frame was not taken"
        )

    def _in_time(self) -> FramemeshSdkError:
        target, seconds = self._target, self._send_timeout
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
