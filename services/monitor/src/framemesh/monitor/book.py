"""The book of one pipeline: its cameras' ledgers, rates and ages, built from its ledger stream."""

from collections import deque
from dataclasses import dataclass

import structlog
from google.protobuf.message import DecodeError

from framemesh.core.ledger import Account, CameraLedger
from framemesh.core.outcome import Fate
from framemesh.core.rate import Rate
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.messages import acceptance_message, outcome_message

log = structlog.get_logger()

RECENT_AGES = 2000
"""Done frames that the percentiles of the age are taken from."""


@dataclass(frozen=True, slots=True)
class Ages:
    """Percentiles from capture to outcome, in seconds; 0 where nothing was done yet."""

    p50: float
    p95: float
    p99: float


class Book:
    """Everything that the ledger stream of a pipeline has said so far."""

    def __init__(self) -> None:
        self._cameras: dict[str, CameraLedger] = {}
        self._ages: deque[float] = deque(maxlen=RECENT_AGES)
        self.sequence = 0
        """Of the last message of the stream that is taken into account."""
        self.accepted = Rate()
        self.sealed = Rate()

    def enter(self, entry: Delivery) -> None:
        """Take one message of the stream into account."""
        try:
            if entry.subject.startswith("accepted."):
                self._accept(entry)
            else:
                self._seal(entry)
        except (DecodeError, KeyError, ValueError) as error:
            # What somebody else wrote there must not end the book.
            log.warning("entry is unreadable", subject=entry.subject, error=str(error))
        self.sequence = entry.sequence

    @property
    def accounts(self) -> dict[str, Account]:
        """By camera, sorted."""
        return {name: self._cameras[name].account for name in sorted(self._cameras)}

    @property
    def duplicates(self) -> int:
        return sum(camera.duplicates for camera in self._cameras.values())

    @property
    def ages(self) -> Ages:
        ordered = sorted(self._ages)
        if not ordered:
            return Ages(0.0, 0.0, 0.0)

        def at(fraction: float) -> float:
            return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]

        return Ages(at(0.50), at(0.95), at(0.99))

    def _accept(self, entry: Delivery) -> None:
        acceptance = acceptance_message.from_payload(entry.payload)
        camera = self._camera(acceptance.camera)
        new = sum(camera.accept(acceptance.session, *run) for run in acceptance.ranges)
        self.accepted.add(entry.stored_unix_nano, new)

    def _seal(self, entry: Delivery) -> None:
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
        if outcome.fate is Fate.DONE:
            self._ages.append(outcome.age_seconds)

    def _camera(self, name: str) -> CameraLedger:
        return self._cameras.setdefault(name, CameraLedger())
