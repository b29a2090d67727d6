"""The guarantees of every pipeline, each a function from the evidence to its violations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from framemesh.core.frame import FrameId
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.record import StoredDetection
from tests.chaos.ledger.violation import Promise, Violation
from tests.chaos.load.camera_log import CLOSED
from tests.reference import TOLERANCE, Scored

Check = Callable[[Evidence], Iterable[Violation]]


def no_frame_is_lost(evidence: Evidence) -> Iterator[Violation]:
    """The buffer does not list its frames, so any frames in it may be the pending ones."""
    stuck = evidence.monitor_report is None or evidence.monitor_report.backlog
    promise = Promise.STUCK if stuck else Promise.LOST
    for frame in evidence.acknowledged_frames():
        if not evidence.record.times[frame]:
            yield of(evidence, promise, frame, "was accepted and has no outcome")


def no_frame_has_two_outcomes(evidence: Evidence) -> Iterator[Violation]:
    for frame, times in evidence.record.times.items():
        if times > 1:
            yield of(evidence, Promise.DOUBLE, frame, f"has {times} outcomes")


def nothing_is_invented(evidence: Evidence) -> Iterator[Violation]:
    for frame in evidence.record.accepted | evidence.record.times.keys():
        if frame not in evidence.offers:
            yield of(evidence, Promise.UNKNOWN, frame, "was never offered")


def every_answer_is_recorded(evidence: Evidence) -> Iterator[Violation]:
    """An acceptance is stored before the camera is told, so a crash of ingest loses none."""
    rejected = {outcome.frame for outcome in evidence.record.outcomes if outcome.fate == "rejected"}
    for frame in evidence.acknowledged_frames():
        if frame not in evidence.record.accepted:
            yield of(evidence, Promise.UNRECORDED, frame, "was accepted, which is not on record")
        if frame in rejected:
            yield of(evidence, Promise.UNRECORDED, frame, "was accepted, and rejected on record")
    for frame in evidence.rejected_frames():
        if frame not in rejected:
            yield of(evidence, Promise.UNRECORDED, frame, "was rejected, which is not on record")


def every_frame_is_answered(evidence: Evidence) -> Iterator[Violation]:
    """Under any fault, a camera that closes has an answer to each of its frames."""
    for session in evidence.sessions:
        if session.ended == CLOSED:
            for sequence in session.offered.keys() - session.accepted - session.rejected.keys():
                frame = session.frame(sequence)
                yield of(evidence, Promise.UNANSWERED, frame, "was neither accepted nor rejected")


def bad_frames_are_never_done(evidence: Evidence) -> Iterator[Violation]:
    for outcome in evidence.record.outcomes:
        offer = evidence.offers.get(outcome.frame)
        bad = offer is not None and offer.image not in evidence.people
        if bad and outcome.fate == "done":
            yield of(evidence, Promise.WRONG_FATE, outcome.frame, "is no picture and is done")


def no_good_frame_is_refused(evidence: Evidence) -> Iterator[Violation]:
    for outcome in evidence.record.outcomes:
        offer = evidence.offers.get(outcome.frame)
        good = offer is not None and offer.image in evidence.people
        if good and outcome.fate in ("rejected", "dead"):
            what = f"is a good picture and {outcome.fate} ({outcome.reason})"
            yield of(evidence, Promise.WRONG_FATE, outcome.frame, what)


def the_boxes_are_those_of_the_frame(evidence: Evidence) -> Iterator[Violation]:
    for outcome in evidence.record.outcomes:
        offer = evidence.offers.get(outcome.frame)
        expected = None if offer is None else evidence.people.get(offer.image)
        if (
            outcome.fate == "done"
            and expected is not None
            and not same(outcome.detections, expected)
        ):
            what = f"shows {len(outcome.detections)} people who are not those in it"
            yield of(evidence, Promise.WRONG_BOXES, outcome.frame, what)


def dead_frames_are_kept(evidence: Evidence) -> Iterator[Violation]:
    for outcome in evidence.record.outcomes:
        offer = evidence.offers.get(outcome.frame)
        if outcome.fate != "dead" or offer is None:
            continue
        if (kept := evidence.dead_letters.get(outcome.frame)) != offer.image:
            what = "is dead and not kept" if kept is None else "is kept with other bytes"
            yield of(evidence, Promise.DEAD_LETTER, outcome.frame, what)


def no_camera_fails(evidence: Evidence) -> Iterator[Violation]:
    for session in evidence.sessions:
        if session.ended not in ("", CLOSED):
            what = f"camera {session.camera}, session {session.session}: {session.ended}"
            yield Violation(Promise.CAMERA, what)


def the_stream_keeps_what_it_stored(evidence: Evidence) -> Iterator[Violation]:
    for ended, read in evidence.shrunk:
        yield Violation(Promise.STREAM, f"ended at {ended} when {read} entries had been read")
    for frame in sorted(evidence.gone, key=str):
        yield Violation(Promise.STREAM, f"the outcome of {frame} was there, and is no more")
    if missing := evidence.record.missing:
        yield Violation(Promise.STREAM, f"entries {missing} are missing")
    if unreadable := evidence.record.unreadable:
        yield Violation(Promise.STREAM, f"entries of {unreadable} are unreadable")


def the_sink_has_every_result(evidence: Evidence) -> Iterator[Violation]:
    """What is rejected is on record as well, so it is a result too."""
    if evidence.sunk is None:
        return
    for frame in evidence.record.times.keys() - set(evidence.sunk):
        yield of(evidence, Promise.SINK, frame, "has an outcome that the sink did not write")


def monitor_is_exact(evidence: Evidence) -> Iterator[Violation]:
    """The monitor's status equals the counts from the stream, to the frame."""
    if evidence.monitor_report is None:
        yield Violation(Promise.LEDGER, "monitor does not answer")
        return
    monitor_report, counted = evidence.monitor_report.accounts, accounts(evidence)
    for camera in sorted(monitor_report.keys() | counted.keys()):
        if monitor_report.get(camera) != counted.get(camera):
            what = f"{camera}: monitor {monitor_report.get(camera)}, record {counted.get(camera)}"
            yield Violation(Promise.LEDGER, what)
    doubles = sum(times - 1 for times in evidence.record.times.values())
    if evidence.monitor_report.duplicates != doubles:
        what = (
            f"monitor counts {evidence.monitor_report.duplicates} second outcomes, "
            f"the record {doubles}"
        )
        yield Violation(Promise.LEDGER, what)


ALWAYS: tuple[Check, ...] = (
    no_frame_is_lost,
    no_frame_has_two_outcomes,
    nothing_is_invented,
    every_answer_is_recorded,
    every_frame_is_answered,
    bad_frames_are_never_done,
    no_good_frame_is_refused,
    the_boxes_are_those_of_the_frame,
    dead_frames_are_kept,
    no_camera_fails,
    the_stream_keeps_what_it_stored,
    the_sink_has_every_result,
    monitor_is_exact,
)
"""All checks."""


def accounts(evidence: Evidence) -> dict[str, dict[str, int]]:
    """The ledger of each camera, counted from the record: each frame once, by its first outcome."""
    record = evidence.record
    fates: dict[FrameId, str] = {}
    for outcome in record.outcomes:
        fates.setdefault(outcome.frame, outcome.fate)
    accepted = record.accepted | {frame for frame, fate in fates.items() if fate != "rejected"}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for frame in accepted:
        counts[frame.camera]["accepted"] += 1
        counts[frame.camera]["pending"] += frame not in fates
    for frame, fate in fates.items():
        counts[frame.camera][fate] += 1
    for count in counts.values():
        count["offered"] = count["accepted"] + count["rejected"]
    return {camera: dict(+count) for camera, count in counts.items()}


def same(seen: Iterable[StoredDetection], expected: Scored) -> bool:
    """Whether the detections match one to one; two of nearly equal score may be swapped."""
    left = list(expected)
    for class_id, score, box in seen:
        for other in left:
            if other[0] == class_id and np.allclose(
                (score, *box), (other[1], *other[2]), rtol=0, atol=TOLERANCE
            ):
                left.remove(other)
                break
        else:
            return False
    return not left


def of(evidence: Evidence, promise: Promise, frame: FrameId, what: str) -> Violation:
    """A violation of a guarantee for one frame."""
    return Violation(promise, what, frame, evidence.captured(frame))
