"""Everything that a round left behind to be judged."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from framemesh.core.frame import FrameId
from tests.chaos.ledger.record import Record
from tests.chaos.load.camera_log import CameraSession, Offer
from tests.reference import Scored

Account = Mapping[str, int]
"""The ledger of one camera: a count by the name of each fate, and offered, accepted, pending; zeros
are left out."""


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """What monitor says."""

    accounts: Mapping[str, Account]
    """By camera."""
    duplicates: int
    """Second outcomes."""
    backlog: int
    """Frames that are still in the buffer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the cameras know, what is in the stream, and what monitor says."""

    sessions: Sequence[CameraSession]
    record: Record
    monitor_report: MonitorReport | None
    """None: it does not answer."""
    people: Mapping[int, Scored]
    """What the model sees in each good picture, by the CRC-32 of its bytes."""
    dead_letters: Mapping[FrameId, int] = field(default_factory=dict)
    """Frames that are kept as dead, with the CRC-32 of their bytes."""
    shrunk: Sequence[tuple[int, int]] = ()
    """Where the ledger's stream ended, and what had been read of it before."""
    gone: Collection[FrameId] = ()
    """Frames whose outcome was read once, and is in the ledger's stream no more."""
    offers: Mapping[FrameId, Offer] = field(init=False)
    """Of all sessions."""

    def __post_init__(self) -> None:
        found = {
            session.frame(sequence): offer
            for session in self.sessions
            for sequence, offer in session.offered.items()
        }
        object.__setattr__(self, "offers", found)

    def acknowledged_frames(self) -> Iterator[FrameId]:
        for session in self.sessions:
            yield from map(session.frame, sorted(session.accepted))

    def rejected_frames(self) -> Iterator[FrameId]:
        for session in self.sessions:
            yield from map(session.frame, sorted(session.rejected))

    def captured(self, frame: FrameId) -> int | None:
        offer = self.offers.get(frame)
        return None if offer is None else offer.captured_unix_nano
