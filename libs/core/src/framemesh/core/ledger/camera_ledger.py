"""The ledger of one camera: the outcome of each of its frames, counted once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_sessions import CameraSessions
from framemesh.core.ledger.closed_sessions import ClosedSessions
from framemesh.core.ledger.session_frames import FrameStatus, SessionState
from framemesh.core.outcome import Fate


@dataclass(frozen=True, slots=True)
class Account:
    """The ledger of one camera, or of several together, at one moment."""

    accepted: int = 0
    rejected: int = 0
    done: int = 0
    expired: int = 0
    superseded: int = 0
    dead: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    """Number of frames for each reason of a fate other than done, and of those that are done and
    `damaged`."""

    @property
    def offered(self) -> int:
        return self.accepted + self.rejected

    @property
    def pending(self) -> int:
        return self.accepted - self.done - self.expired - self.superseded - self.dead

    def plus(self, other: "Account") -> "Account":
        return Account(
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            self.done + other.done,
            self.expired + other.expired,
            self.superseded + other.superseded,
            self.dead + other.dead,
            dict(Counter(self.reasons) + Counter(other.reasons)),
        )


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The complete state of a camera's ledger."""

    account: Account = field(default_factory=Account)
    duplicates: int = 0
    sessions: tuple[SessionState, ...] = ()


class CameraLedger:
    """Built from the entries about a camera's frames, in any order.

    An outcome proves that its frame was accepted, even if the acceptance itself is not recorded, or
    not yet: ingest writes it after the frame is in the buffer.

    Pending frames of closed sessions are not counted here but by `closed`, as the camera may be
    gone from the ledger, and come back, while they are pending.
    """

    def __init__(
        self, camera: str, closed: ClosedSessions, state: LedgerState = LedgerState()
    ) -> None:
        """Continues from `state`.

        Args:
            closed: shared by all cameras.

        Raises:
            ValueError: `state` is not a valid state of a ledger.
        """
        account = state.account
        self._closed = closed
        self._sessions = CameraSessions(camera, closed, state.sessions)
        self._accepted = account.accepted
        self._fates = Counter({fate: getattr(account, fate.value) for fate in Fate})
        self._reasons = Counter(account.reasons)
        self.duplicates = state.duplicates
        """Outcomes for frames that already had one."""

    def accept(self, session: str, first: int, last: int) -> int:
        """The frames from `first` to `last` are in the buffer; returns how many are new."""
        pending_elsewhere = self._closed.pending
        frames = self._sessions.take(session)
        new = frames.known.add(first, last)
        self._sessions.put(session, frames)
        self._accepted += new + pending_elsewhere - self._closed.pending
        return new

    def reject(self, session: str, first: int, last: int, reason: str) -> None:
        """The camera told that the frames from `first` to `last` will not come; those that are
        known did."""
        pending_elsewhere = self._closed.pending
        frames = self._sessions.take(session)
        for run in frames.known.missing(first, last):
            frames.known.add(*run)
            new = frames.completed.add(*run)
            self._fates[Fate.REJECTED] += new
            self._reasons[reason] += new
        self._sessions.put(session, frames)
        self._accepted += pending_elsewhere - self._closed.pending

    def complete(self, session: str, sequence: int, fate: Fate, reason: str) -> bool:
        """A frame has its outcome; returns False for a frame that already had one."""
        pending_elsewhere = self._closed.pending
        frames = self._sessions.take(session)
        first = frames.completed.add(sequence)
        new = frames.known.add(sequence)
        self._sessions.put(session, frames)
        self._accepted += pending_elsewhere - self._closed.pending
        if not first:
            self.duplicates += 1
            return False
        if fate is not Fate.REJECTED:
            self._accepted += new
        elif not new:
            # It was accepted, and rejected when its camera, which did not know, sent it again.
            self._accepted -= 1
        self._fates[fate] += 1
        if reason:
            self._reasons[reason] += 1
        return True

    def close(self) -> LedgerState:
        """Close all sessions; returns the remaining state of the ledger."""
        pending_elsewhere = self._closed.pending
        self._sessions.close_all()
        self._accepted += pending_elsewhere - self._closed.pending
        return self.state

    def frame_status(self, session: str, sequence: int) -> FrameStatus:
        """What is known of one frame."""
        return self._sessions.frame_status(session, sequence)

    def sessions_with(self, sequence: int) -> list[str]:
        """The sessions that have a frame of this number, of those that are still known by name;
        pending ones first, newest first."""
        return self._sessions.with_frame(sequence)

    def pending_frames(self) -> Iterator[FrameId]:
        """See CameraSessions."""
        return self._sessions.pending_frames()

    @property
    def has_pending(self) -> bool:
        return self._sessions.have_pending

    @property
    def accepted(self) -> int:
        return self._accepted

    @property
    def account(self) -> Account:
        return Account(
            accepted=self._accepted,
            rejected=self._fates[Fate.REJECTED],
            done=self._fates[Fate.DONE],
            expired=self._fates[Fate.EXPIRED],
            superseded=self._fates[Fate.SUPERSEDED],
            dead=self._fates[Fate.DEAD],
            reasons=dict(self._reasons),
        )

    @property
    def state(self) -> LedgerState:
        return LedgerState(self.account, self.duplicates, self._sessions.state)
