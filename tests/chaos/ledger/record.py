"""The entries of a pipeline's ledger stream, decoded from their bytes.

Independent of the monitor: it uses no code of framemesh but the message stubs.
"""

from collections import Counter
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from framemesh.api.common.v1 import acceptance_pb2, frame_pb2, outcome_pb2
from framemesh.core.frame import FrameId

StoredDetection = tuple[int, float, tuple[float, float, float, float]]
"""Class, score and corners in fractions of the picture."""

FATES = {
    outcome_pb2.FATE_DONE: "done",
    outcome_pb2.FATE_EXPIRED: "expired",
    outcome_pb2.FATE_SUPERSEDED: "superseded",
    outcome_pb2.FATE_DEAD: "dead",
    outcome_pb2.FATE_REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """One outcome as it was stored."""

    frame: FrameId
    fate: str
    reason: str
    captured_unix_nano: int
    stored_unix_nano: int
    """When the broker stored it."""
    detections: tuple[StoredDetection, ...]


@dataclass(slots=True)
class Record:
    """All entries, in the order in which they are in the stream."""

    outcomes: list[StoredOutcome] = field(default_factory=list)
    accepted: set[FrameId] = field(default_factory=set)
    """Frames with a stored acceptance."""
    times: Counter[FrameId] = field(default_factory=Counter)
    """Number of outcomes of each frame."""
    missing: list[int] = field(default_factory=list)
    """Sequence numbers of the stream without a message."""
    unreadable: list[str] = field(default_factory=list)
    """Subjects of entries that cannot be decoded."""

    def add(self, subject: str, payload: bytes, stored_unix_nano: int) -> None:
        """Add an entry; other messages of the stream are ignored or counted as undecodable."""
        try:
            if subject.startswith("accepted.") and subject.endswith(".+"):
                for entry in acceptance_pb2.Acceptances.FromString(payload).entries:
                    self._accept(entry)
            elif subject.startswith("accepted."):
                self._accept(acceptance_pb2.Acceptance.FromString(payload))
            elif subject.startswith("outcomes."):
                self._complete(outcome_pb2.Outcome.FromString(payload), stored_unix_nano)
        except (DecodeError, KeyError):
            self.unreadable.append(subject)

    def _accept(self, acceptance: acceptance_pb2.Acceptance) -> None:
        for run in acceptance.ranges:
            self.accepted.update(
                FrameId(acceptance.camera, acceptance.session, sequence)
                for sequence in range(run.first, run.last + 1)
            )

    def _complete(self, outcome: outcome_pb2.Outcome, stored_unix_nano: int) -> None:
        stored = StoredOutcome(
            frame=_frame(outcome.frame),
            fate=FATES[outcome.fate],
            reason=outcome.reason,
            captured_unix_nano=outcome.captured_unix_nano,
            stored_unix_nano=stored_unix_nano,
            detections=tuple(map(_detection, outcome.detections)),
        )
        self.outcomes.append(stored)
        self.times[stored.frame] += 1


def _frame(frame: frame_pb2.FrameId) -> FrameId:
    return FrameId(frame.camera, frame.session, frame.sequence)


def _detection(detection: outcome_pb2.Detection) -> StoredDetection:
    box = detection.box
    return detection.class_id, detection.score, (box.left, box.top, box.right, box.bottom)
