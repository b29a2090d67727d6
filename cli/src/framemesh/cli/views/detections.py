"""How all that was detected in a frame reads: one line with a bound."""

from collections.abc import Iterable, Sequence
from itertools import islice

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.views.detection import notes, phrase
from framemesh.core.detection import Detection
from framemesh.runtime.messages.detection_message import detection_from_proto

MAX_PHRASES = 10
"""Of one line: more different things than anybody reads while frames go by."""

Group = list[Detection]
"""Detections of one class, in their order."""


def summary(detections: Sequence[outcome_pb2.Detection]) -> str:
    """What there is, the things of one class together: "60 ship 0.41 to 0.98, pier 0.77"."""
    groups = _grouped(map(detection_from_proto, detections))
    shown = [_said(group) for group in islice(groups, MAX_PHRASES)]
    if left := sum(map(len, islice(groups, MAX_PHRASES, None))):
        shown.append(f"{left} more")
    return ", ".join(shown) or "nothing"


def _grouped(detections: Iterable[Detection]) -> Sequence[Group]:
    """In the order of the first of each. What says more than its class stands alone."""
    groups: dict[object, Group] = {}
    for at, found in enumerate(detections):
        alone = found.text or found.raster or not found.box
        key = at if alone else (found.stage, found.label)
        groups.setdefault(key, []).append(found)
    return list(groups.values())


def _said(group: Group) -> str:
    """Of several, the range of their scores, and what is true of each."""
    if len(group) == 1:
        return phrase(group[0])
    scores = sorted(found.score for found in group)
    low, high = f"{scores[0]:.2f}", f"{scores[-1]:.2f}"
    said = f"{len(group)} {group[0].label} {low if low == high else f'{low} to {high}'}"
    shared = [note for note in notes(group[0]) if all(note in notes(other) for other in group[1:])]
    return f"{said} ({', '.join(shared)})" if shared else said
