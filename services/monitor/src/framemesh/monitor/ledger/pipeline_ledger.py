"""The ledger of one pipeline: its cameras, rates and ages, built from its ledger stream."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from framemesh.core.frame import FrameId
from framemesh.core.hops import Hop
from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.ledger.camera_ledgers import MAX_CAMERAS, CameraLedgers, CamerasState
from framemesh.core.ledger.rate import Rate
from framemesh.core.ledger.session_frames import FrameStatus
from framemesh.core.ledger.traffic import Traffic
from framemesh.core.outcome import Fate
from framemesh.monitor.ledger.hop_samples import HopPercentiles, HopSamples
from framemesh.monitor.ledger.recent_outcomes import RecentOutcomes
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import acceptance_message, outcome_message

log = get_logger()

FILTERED = "filtered"
"""The reason of frames that a camera's own filter dropped."""

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
    retired: Account
    """The sum of all cameras that are not among these."""
    retired_cameras: int
    """How often a camera was added to that sum."""
    accepted_per_second: float
    completed_per_second: float
    """Over the last seconds, as `accepted_per_second`."""
    ages: AgePercentiles
    duplicate_outcomes: int
    """Outcomes for frames that had one."""
    traffic: Traffic
    hops: Mapping[Hop, HopPercentiles] = field(default_factory=dict)
    """Of some of the last frames that were done."""


@dataclass(frozen=True, slots=True)
class PipelineLedgerState:
    """Everything that a ledger knows."""

    cameras: CamerasState = field(default_factory=CamerasState)
    ages: tuple[float, ...] = ()
    accepted: tuple[tuple[int, int], ...] = ()
    completed: tuple[tuple[int, int], ...] = ()
    """Events by second, as `accepted`."""
    traffic: Traffic = Traffic()  # noqa: RUF009  it is frozen


class PipelineLedger:
    """Everything that the ledger stream of a pipeline has said so far."""

    def __init__(
        self, state: PipelineLedgerState = PipelineLedgerState(), max_cameras: int = MAX_CAMERAS
    ) -> None:
        """Goes on from `state`.

        Raises:
            ValueError: it is not a valid state of a ledger.
        """
        self.cameras = CameraLedgers(state.cameras, max_cameras)
        self._ages = deque(state.ages, maxlen=RECENT_AGES)
        self.accepted = Rate(state.accepted)
        self.completed = Rate(state.completed)
        self.traffic = state.traffic
        self._hops = HopSamples()
        self.recent = RecentOutcomes()

    def apply(self, message: ReceivedMessage) -> None:
        """Take one message of the stream into account."""
        try:
            if message.subject.startswith("accepted."):
                self._accept(message)
            elif message.subject.startswith("outcomes."):
                self._complete(message)
        except (DecodeError, KeyError, ValueError) as error:
            # What somebody else wrote there must not end the ledger.
            log.warning("entry is unreadable", subject=message.subject, error=str(error))

    def summary(self, now_unix_nano: int) -> LedgerSummary:
        return LedgerSummary(
            accounts=self.cameras.accounts,
            retired=self.cameras.retired,
            retired_cameras=self.cameras.retired_cameras,
            accepted_per_second=self.accepted.per_second(now_unix_nano),
            completed_per_second=self.completed.per_second(now_unix_nano),
            ages=self.ages,
            duplicate_outcomes=self.cameras.duplicates,
            traffic=self.traffic,
            hops=self._hops.percentiles(),
        )

    def frame_status(self, frame: FrameId) -> FrameStatus:
        """What is known of one frame."""
        return self.cameras.frame_status(frame)

    @property
    def state(self) -> PipelineLedgerState:
        return PipelineLedgerState(
            cameras=self.cameras.state,
            ages=tuple(self._ages),
            accepted=self.accepted.seconds,
            completed=self.completed.seconds,
            traffic=self.traffic,
        )

    @property
    def ages(self) -> AgePercentiles:
        ordered = sorted(self._ages)
        if not ordered:
            return AgePercentiles(0.0, 0.0, 0.0)

        def at(fraction: float) -> float:
            return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]

        return AgePercentiles(at(0.50), at(0.95), at(0.99))

    def _accept(self, message: ReceivedMessage) -> None:
        for acceptance in acceptance_message.from_payload(message.subject, message.payload):
            camera, session = acceptance.camera, acceptance.session
            new = sum(self.cameras.accept(camera, session, *run) for run in acceptance.ranges)
            for first, last in acceptance.filtered:
                self.cameras.reject(camera, session, first, last, FILTERED)
            self.accepted.add(message.stored_unix_nano, new)
            self.traffic = self.traffic.accepted(acceptance.frames, acceptance.image_bytes)

    def _complete(self, message: ReceivedMessage) -> None:
        outcome = outcome_message.summary_from_payload(message.payload)
        self.recent.add(message.sequence, outcome)
        first, accepted = self.cameras.complete(outcome.frame, outcome.fate, outcome.reason)
        if not first:
            return
        # The outcome of a frame is often here before the acceptance that counts it.
        self.accepted.add(message.stored_unix_nano, accepted)
        if outcome.fate is not Fate.REJECTED:
            self.completed.add(message.stored_unix_nano)
        if outcome.image_bytes:
            self.traffic = self.traffic.completed(
                outcome.image_bytes, outcome.tensor_bytes, len(message.payload)
            )
        if outcome.fate is Fate.DONE:
            self._ages.append(outcome.age_seconds)
            if self._hops.is_next():
                self._hops.add(outcome_message.timings_from_payload(message.payload))
