"""Guarantees of single delivery policies."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.ledger.checks import of
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.violation import Promise, Violation


def outcomes_are_in_order(evidence: Evidence) -> Iterator[Violation]:
    """Checked for each session. Rejected frames are not part of the order."""
    last: dict[tuple[str, str], int] = defaultdict(int)
    for outcome in evidence.record.outcomes:
        frame = outcome.frame
        if outcome.fate == "rejected":
            continue
        before = last[frame.camera, frame.session]
        if frame.sequence < before:
            what = f"came after {before} of its session"
            yield of(evidence, Promise.OUT_OF_ORDER, frame, what)
        last[frame.camera, frame.session] = max(before, frame.sequence)


def nothing_is_expired(evidence: Evidence) -> Iterator[Violation]:
    yield from _none(evidence, "expired")


def nothing_is_superseded(evidence: Evidence) -> Iterator[Violation]:
    yield from _none(evidence, "superseded")


def newer_frames_supersede(evidence: Evidence) -> Iterator[Violation]:
    """The newest frame of a camera must not be superseded."""
    newest: dict[str, int] = defaultdict(int)
    for frame, offer in evidence.offers.items():
        newest[frame.camera] = max(newest[frame.camera], offer.captured_unix_nano)
    for outcome in evidence.record.outcomes:
        frame = outcome.frame
        if outcome.fate == "superseded" and evidence.captured(frame) == newest[frame.camera]:
            yield of(evidence, Promise.WRONG_FATE, frame, "is superseded and the newest there is")


def _none(evidence: Evidence, fate: str) -> Iterator[Violation]:
    for outcome in evidence.record.outcomes:
        if outcome.fate == fate:
            yield of(evidence, Promise.WRONG_FATE, outcome.frame, f"is {fate}")
