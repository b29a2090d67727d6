"""The arithmetic of the ledger: what became of every frame of a camera, counted once."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from framemesh.core.interval_set import IntervalSet
from framemesh.core.outcome import Fate

OPEN_SESSIONS = 64
"""Sessions of a camera that are kept apart; older ones without pending frames become a sum."""


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


class _Session:
    """Which frames of one session are known, and which of them have their outcome.

    Rejected ones are in both: apart, they would be holes in the runs of the others.
    """

    def __init__(self) -> None:
        self.known = IntervalSet()
        self.sealed = IntervalSet()

    @property
    def pending(self) -> int:
        return len(self.known) - len(self.sealed)


class CameraLedger:
    """Built from what is written about a camera's frames, in whatever order it comes.

    An outcome proves that its frame was accepted, also where the acceptance itself is not, or not
    yet, on record: ingest writes it after the frame is in the buffer.
    """

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._accepted = 0
        self._fates: Counter[Fate] = Counter()
        self._reasons: Counter[str] = Counter()
        self.duplicates = 0
        """Outcomes for frames that had one."""

    def accept(self, session: str, first: int, last: int) -> int:
        """The frames from `first` to `last` are in the buffer; returns how many are news."""
        new = self._session(session).known.add(first, last)
        self._accepted += new
        return new

    def seal(self, session: str, sequence: int, fate: Fate, reason: str) -> bool:
        """A frame has its outcome; returns False for a frame that already had one."""
        frames = self._session(session)
        if not frames.sealed.add(sequence):
            self.duplicates += 1
            return False
        new = frames.known.add(sequence)
        if fate is not Fate.REJECTED:
            self._accepted += new
        self._fates[fate] += 1
        if reason:
            self._reasons[reason] += 1
        return True

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

    def _session(self, name: str) -> _Session:
        if name not in self._sessions:
            self._sessions[name] = _Session()
            self._forget()
        self._sessions.move_to_end(name)
        return self._sessions[name]

    def _forget(self) -> None:
        """Drop the oldest sessions that are complete; they stay in the sums."""
        for name in list(self._sessions)[: max(0, len(self._sessions) - OPEN_SESSIONS)]:
            if not self._sessions[name].pending:
                del self._sessions[name]
