"""Whether stages on crops will ever have something to look at."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.pipeline.spec import PipelineSpec

MAX_LABELS_SHOWN = 20
"""In a message; a model may have a thousand."""


@dataclass(frozen=True, slots=True)
class StageDetections:
    """What the model of a stage can detect."""

    model: str
    labels: Collection[str]
    boxes: bool
    """Whether its detections have boxes, or are of the whole picture."""


def check_crops(spec: PipelineSpec, detections: Mapping[str, StageDetections]) -> None:
    """Check the crops and labels of each stage against the model of the stage that it refers to.

    Args:
        detections: by the name of the stage.

    Raises:
        InvalidDocument: with the path of each field that would leave its stage without any crop.
    """
    problems: list[Problem] = []
    for at, stage in enumerate(spec.stages):
        if not stage.crops_of:
            continue
        found = detections[stage.crops_of]
        if not found.boxes:
            what = f"the detections of model {found.model!r} have no boxes to cut out"
            problems.append(Problem(("stages", at, "crops_of"), what))
        problems += (
            Problem(("stages", at, "labels", index), unknown_label(label, found))
            for index, label in enumerate(stage.labels)
            if label not in found.labels
        )
    if problems:
        raise InvalidDocument("pipeline", tuple(problems))


def unknown_label(label: str, found: StageDetections) -> str:
    """What is wrong with a label that a model does not have."""
    similar = difflib.get_close_matches(label, found.labels, n=3)
    hint = f"did you mean {_quoted(similar)}? " if similar else ""
    return f"model {found.model!r} has no label {label!r}: {hint}it has {_quoted(found.labels)}"


def _quoted(labels: Collection[str]) -> str:
    shown = ", ".join(map(repr, list(labels)[:MAX_LABELS_SHOWN]))
    more = len(labels) - MAX_LABELS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
