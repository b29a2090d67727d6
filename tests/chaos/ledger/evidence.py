"""The evidence of a round, from which violations are found."""

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
    """The monitor's report."""

    accounts: Mapping[str, Account]
    """Ledgers by camera."""
    duplicates: int
    """Number of duplicate outcomes."""
    backlog: int
    """Number of frames in the buffer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The camera logs, the stored entries and the monitor's report."""

    sessions: Sequence[CameraSession]
    record: Record
    monitor_report: MonitorReport | None
    """None: the monitor does not answer."""
    people: Mapping[int, Scored]
    """Expected detections of each good image, by the CRC-32 of its bytes."""
    dead_letters: Mapping[FrameId, int] = field(default_factory=dict)
    """Dead letters: frame and the CRC-32 of its bytes."""
    shrunk: Sequence[tuple[int, int]] = ()
    """Where the ledger's stream lost entries: (its last sequence number, the last one read
    before)."""
    gone: Collection[FrameId] = ()
    """Frames whose outcome was read once, and is no longer in the ledger's stream."""
    sunk: Collection[FrameId] | None = None
    """Frames whose result the sink wrote; None: there is no sink."""
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
