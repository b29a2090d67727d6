"""The book of one pipeline: its cameras' ledgers, rates and ages, built from its ledger stream."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account, CameraLedger, LedgerState
from framemesh.core.ledger.camera_sessions import FrameStatus
from framemesh.core.ledger.closed_sessions import ClosedSessions, ClosedState
from framemesh.core.ledger.rate import Rate
from framemesh.core.ledger.traffic import Traffic
from framemesh.core.outcome import Fate
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import acceptance_message, outcome_message

log = get_logger()

RECENT_AGES = 2000
"""Done frames that the percentiles of the age are taken from."""


@dataclass(frozen=True, slots=True)
class AgePercentiles:
    """Percentiles from capture to outcome, in seconds; 0 where nothing was done yet."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class LedgerSummary:
    """What a ledger says at one moment."""

    accounts: Mapping[str, Account]
    """By camera, sorted."""
    accepted_per_second: float
    completed_per_second: float
    """Over the last seconds, as `accepted_per_second`."""
    ages: AgePercentiles
    duplicate_outcomes: int
    """Outcomes for frames that had one."""
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class PipelineLedgerState:
    """Everything that a book knows."""

    sequence: int = 0
    unread: int = 0
    cameras: Mapping[str, LedgerState] = field(default_factory=dict)
    closed: ClosedState = ClosedState()  # noqa: RUF009  it is frozen
    ages: tuple[float, ...] = ()
    accepted: tuple[tuple[int, int], ...] = ()
    sealed: tuple[tuple[int, int], ...] = ()
    """Events by second, as `accepted`."""
    traffic: Traffic = Traffic()  # noqa: RUF009


class PipelineLedger:
    """Everything that the ledger stream of a pipeline has said so far."""

    def __init__(self, state: PipelineLedgerState = PipelineLedgerState()) -> None:
        """Goes on from `state`.

        Raises:
            ValueError: it is none that a book was ever in.
        """
        self._closed = ClosedSessions.of(state.closed)
        self._cameras = {
            name: CameraLedger.of(name, camera, self._closed)
            for name, camera in state.cameras.items()
        }
        self._ages = deque(state.ages, maxlen=RECENT_AGES)
        self.sequence = state.sequence
        """Of the last message of the stream that is taken into account."""
        self.unread = state.unread
        """Messages that the stream dropped before they came here."""
        self.accepted = Rate(state.accepted)
        self.sealed = Rate(state.sealed)
        self.traffic = state.traffic

    def enter(self, entry: ReceivedMessage) -> None:
        """Take one message of the stream into account."""
        # The stream loses its oldest messages, and no others.
        self.unread += max(0, entry.sequence - self.sequence - 1)
        try:
            if entry.subject.startswith("accepted."):
                self._accept(entry)
            elif entry.subject.startswith("outcomes."):
                self._seal(entry)
        except (DecodeError, KeyError, ValueError) as error:
            # What somebody else wrote there must not end the book.
            log.warning("entry is unreadable", subject=entry.subject, error=str(error))
        self.sequence = entry.sequence

    def summary(self, now_unix_nano: int) -> LedgerSummary:
        return LedgerSummary(
            accounts=self.accounts,
            accepted_per_second=self.accepted.per_second(now_unix_nano),
            completed_per_second=self.sealed.per_second(now_unix_nano),
            ages=self.ages,
            duplicate_outcomes=self.duplicates,
            traffic=self.traffic,
        )

    @property
    def accounts(self) -> dict[str, Account]:
        """By camera, sorted."""
        return {name: self._cameras[name].account for name in sorted(self._cameras)}

    def account(self, camera: str) -> Account:
        """All zeros for a camera that never sent a frame."""
        found = self._cameras.get(camera)
        return found.account if found else Account(0, 0, 0, 0, 0, 0)

    def frame_status(self, frame: FrameId) -> FrameStatus:
        """What is known of one frame."""
        camera = self._cameras.get(frame.camera)
        return camera.frame_status(frame.session, frame.sequence) if camera else FrameStatus.UNKNOWN

    def sessions_with(self, camera: str, sequence: int) -> list[str]:
        """The sessions of a camera that have a frame of this number, of those that are still known
        by name; pending ones first, newest first."""
        found = self._cameras.get(camera)
        return found.sessions_with(sequence) if found else []

    @property
    def state(self) -> PipelineLedgerState:
        return PipelineLedgerState(
            sequence=self.sequence,
            unread=self.unread,
            cameras={name: camera.state for name, camera in self._cameras.items()},
            closed=self._closed.state,
            ages=tuple(self._ages),
            accepted=self.accepted.seconds,
            sealed=self.sealed.seconds,
            traffic=self.traffic,
        )

    @property
    def duplicates(self) -> int:
        return sum(camera.duplicates for camera in self._cameras.values())

    @property
    def ages(self) -> AgePercentiles:
        ordered = sorted(self._ages)
        if not ordered:
            return AgePercentiles(0.0, 0.0, 0.0)

        def at(fraction: float) -> float:
            return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]

        return AgePercentiles(at(0.50), at(0.95), at(0.99))

    def _accept(self, entry: ReceivedMessage) -> None:
        acceptance = acceptance_message.from_payload(entry.payload)
        camera = self._camera(acceptance.camera)
        new = sum(camera.accept(acceptance.session, *run) for run in acceptance.ranges)
        self.accepted.add(entry.stored_unix_nano, new)
        self.traffic = self.traffic.accepted(acceptance.frames, acceptance.image_bytes)

    def _seal(self, entry: ReceivedMessage) -> None:
        outcome = outcome_message.seal_from_payload(entry.payload)
        camera = self._camera(outcome.frame.camera)
        frame = outcome.frame
        before = camera.accepted
        if not camera.seal(frame.session, frame.sequence, outcome.fate, outcome.reason):
            return
        # The outcome of a frame is often here before the acceptance that counts it.
        self.accepted.add(entry.stored_unix_nano, camera.accepted - before)
        if outcome.fate is not Fate.REJECTED:
            self.sealed.add(entry.stored_unix_nano)
        if outcome.image_bytes:
            self.traffic = self.traffic.sealed(
                outcome.image_bytes, outcome.tensor_bytes, len(entry.payload)
            )
        if outcome.fate is Fate.DONE:
            self._ages.append(outcome.age_seconds)

    def _camera(self, name: str) -> CameraLedger:
        if name not in self._cameras:
            self._cameras[name] = CameraLedger(name, self._closed)
        return self._cameras[name]
