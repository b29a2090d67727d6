"""The arithmetic of the ledger: what became of every frame of a camera, counted once."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from framemesh.core.ledger.camera_sessions import CameraSessions, FrameStatus, SessionState
from framemesh.core.ledger.closed_sessions import ClosedSessions
from framemesh.core.outcome import Fate


@dataclass(frozen=True, slots=True)
class Account:
    """The ledger of one camera at one moment."""

    accepted: int
    rejected: int
    done: int
    expired: int
    superseded: int
    dead: int
    reasons: dict[str, int] = field(default_factory=dict)
    """How often each reason was given for a fate other than done."""

    @property
    def offered(self) -> int:
        return self.accepted + self.rejected

    @property
    def pending(self) -> int:
        return self.accepted - self.done - self.expired - self.superseded - self.dead


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Everything that a camera's ledger knows."""

    account: Account
    duplicates: int
    sessions: tuple[SessionState, ...]


class CameraLedger:
    """Built from what is written about a camera's frames, in whatever order it comes.

    An outcome proves that its frame was accepted, also where the acceptance itself is not, or not
    yet, on record: ingest writes it after the frame is in the buffer.
    """

    def __init__(self, camera: str, closed: ClosedSessions) -> None:
        self._sessions = CameraSessions(camera, closed)
        self._accepted = 0
        self._fates: Counter[Fate] = Counter()
        self._reasons: Counter[str] = Counter()
        self.duplicates = 0
        """Outcomes for frames that had one."""

    @classmethod
    def of(cls, camera: str, state: LedgerState, closed: ClosedSessions) -> Self:
        """The ledger whose `state` this is.

        Raises:
            ValueError: it is none.
        """
        found = cls(camera, closed)
        account = state.account
        found._sessions = CameraSessions.of(camera, state.sessions, closed)
        found._accepted = account.accepted
        found._fates.update({fate: getattr(account, fate.value) for fate in Fate})
        found._reasons.update(account.reasons)
        found.duplicates = state.duplicates
        return found

    def accept(self, session: str, first: int, last: int) -> int:
        """The frames from `first` to `last` are in the buffer; returns how many are news."""
        frames = self._sessions.take(session)
        new = frames.known.add(first, last)
        self._sessions.put(session, frames)
        self._accepted += new
        return new

    def seal(self, session: str, sequence: int, fate: Fate, reason: str) -> bool:
        """A frame has its outcome; returns False for a frame that already had one."""
        frames = self._sessions.take(session)
        first = frames.sealed.add(sequence)
        new = frames.known.add(sequence)
        self._sessions.put(session, frames)
        if not first:
            self.duplicates += 1
            return False
        if fate is not Fate.REJECTED:
            self._accepted += new
        elif not new:
            # It was accepted first, and refused when its camera, not knowing, sent it again.
            self._accepted -= 1
        self._fates[fate] += 1
        if reason:
            self._reasons[reason] += 1
        return True

    def frame_status(self, session: str, sequence: int) -> FrameStatus:
        """What is known of one frame."""
        return self._sessions.frame_status(session, sequence)

    def sessions_with(self, sequence: int) -> list[str]:
        """Of those that are still known by name, newest first."""
        return self._sessions.with_frame(sequence)

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
