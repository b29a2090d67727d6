"""What every pipeline promises, each promise a function from the evidence to what breaks it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from framemesh.core.frame import FrameId
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.record import Sight
from tests.chaos.ledger.violation import Promise, Violation
from tests.chaos.load.diary import CLOSED
from tests.reference import TOLERANCE, Scored

Check = Callable[[Evidence], Iterable[Violation]]


def no_frame_is_lost(evidence: Evidence) -> Iterator[Violation]:
    """Nobody says of a frame where it is in the buffer, so frames there excuse all that wait."""
    stuck = evidence.told is None or evidence.told.backlog
    promise = Promise.STUCK if stuck else Promise.LOST
    for frame in evidence.told_accepted():
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


def what_cameras_are_told_is_on_record(evidence: Evidence) -> Iterator[Violation]:
    """An acceptance is written before the camera hears of it, so its death changes nothing."""
    rejected = {sealed.frame for sealed in evidence.record.outcomes if sealed.fate == "rejected"}
    for frame in evidence.told_accepted():
        if frame not in evidence.record.accepted:
            yield of(evidence, Promise.UNRECORDED, frame, "was accepted, which is not on record")
        if frame in rejected:
            yield of(evidence, Promise.UNRECORDED, frame, "was accepted, and rejected on record")
    for frame in evidence.told_rejected():
        if frame not in rejected:
            yield of(evidence, Promise.UNRECORDED, frame, "was rejected, which is not on record")


def every_frame_is_answered(evidence: Evidence) -> Iterator[Violation]:
    """Whatever happened meanwhile: a camera that closes has an answer to each of its frames."""
    for session in evidence.sessions:
        if session.ended == CLOSED:
            for sequence in session.offered.keys() - session.accepted - session.rejected.keys():
                frame = session.frame(sequence)
                yield of(evidence, Promise.UNANSWERED, frame, "was neither accepted nor rejected")


def bad_frames_are_never_done(evidence: Evidence) -> Iterator[Violation]:
    for sealed in evidence.record.outcomes:
        offer = evidence.offers.get(sealed.frame)
        bad = offer is not None and offer.image not in evidence.people
        if bad and sealed.fate == "done":
            yield of(evidence, Promise.WRONG_FATE, sealed.frame, "is no picture and is done")


def no_good_frame_is_refused(evidence: Evidence) -> Iterator[Violation]:
    for sealed in evidence.record.outcomes:
        offer = evidence.offers.get(sealed.frame)
        good = offer is not None and offer.image in evidence.people
        if good and sealed.fate in ("rejected", "dead"):
            what = f"is a good picture and {sealed.fate} ({sealed.reason})"
            yield of(evidence, Promise.WRONG_FATE, sealed.frame, what)


def the_boxes_are_those_of_the_frame(evidence: Evidence) -> Iterator[Violation]:
    for sealed in evidence.record.outcomes:
        offer = evidence.offers.get(sealed.frame)
        expected = None if offer is None else evidence.people.get(offer.image)
        if sealed.fate == "done" and expected is not None and not same(sealed.sights, expected):
            what = f"shows {len(sealed.sights)} people who are not those in it"
            yield of(evidence, Promise.WRONG_BOXES, sealed.frame, what)


def dead_frames_are_kept(evidence: Evidence) -> Iterator[Violation]:
    for sealed in evidence.record.outcomes:
        offer = evidence.offers.get(sealed.frame)
        if sealed.fate != "dead" or offer is None:
            continue
        if (kept := evidence.dead_letters.get(sealed.frame)) != offer.image:
            what = "is dead and not kept" if kept is None else "is kept with other bytes"
            yield of(evidence, Promise.DEAD_LETTER, sealed.frame, what)


def cameras_end_by_themselves_alone(evidence: Evidence) -> Iterator[Violation]:
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


def monitor_is_exact(evidence: Evidence) -> Iterator[Violation]:
    """Its status equals what is counted in the stream, to the frame."""
    if evidence.told is None:
        yield Violation(Promise.LEDGER, "monitor does not answer")
        return
    told, counted = evidence.told.accounts, accounts(evidence)
    for camera in sorted(told.keys() | counted.keys()):
        if told.get(camera) != counted.get(camera):
            what = f"{camera}: monitor {told.get(camera)}, record {counted.get(camera)}"
            yield Violation(Promise.LEDGER, what)
    doubles = sum(times - 1 for times in evidence.record.times.values())
    if evidence.told.duplicates != doubles:
        what = f"monitor counts {evidence.told.duplicates} second outcomes, the record {doubles}"
        yield Violation(Promise.LEDGER, what)


ALWAYS: tuple[Check, ...] = (
    no_frame_is_lost,
    no_frame_has_two_outcomes,
    nothing_is_invented,
    what_cameras_are_told_is_on_record,
    every_frame_is_answered,
    bad_frames_are_never_done,
    no_good_frame_is_refused,
    the_boxes_are_those_of_the_frame,
    dead_frames_are_kept,
    cameras_end_by_themselves_alone,
    the_stream_keeps_what_it_stored,
    monitor_is_exact,
)
"""All of them."""


def accounts(evidence: Evidence) -> dict[str, dict[str, int]]:
    """The ledger of each camera, counted from the record: each frame once, by its first outcome."""
    record = evidence.record
    fates: dict[FrameId, str] = {}
    for sealed in record.outcomes:
        fates.setdefault(sealed.frame, sealed.fate)
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


def same(seen: Iterable[Sight], expected: Scored) -> bool:
    """The same things, one for one; two of nearly the same score may change places."""
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
    """A violation that concerns one frame."""
    return Violation(promise, what, frame, evidence.captured(frame))
