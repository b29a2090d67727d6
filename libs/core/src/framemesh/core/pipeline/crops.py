"""Whether stages on crops will ever have something to look at."""

import difflib
from collections.abc import Collection, Mapping, Sequence
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
        sources = [detections[name] for name in stage.for_each]
        for place, found in enumerate(sources):
            if not found.boxes:
                what = f"the detections of model {found.model!r} have no boxes to cut out"
                problems.append(Problem(("stages", at, "for_each", place), what))
        problems += (
            Problem(("stages", at, "labels", index), _unknown(label, sources))
            for index, label in enumerate(stage.labels)
            if sources and not any(label in found.labels for found in sources)
        )
    if problems:
        raise InvalidDocument("pipeline", tuple(problems))


def _unknown(label: str, sources: Sequence[StageDetections]) -> str:
    labels = list(dict.fromkeys(label for found in sources for label in found.labels))
    models = list(dict.fromkeys(repr(found.model) for found in sources))
    similar = difflib.get_close_matches(label, labels, n=3)
    hint = f"did you mean {_quoted(similar)}? " if similar else ""
    if len(models) == 1:
        return f"model {models[0]} has no label {label!r}: {hint}it has {_quoted(labels)}"
    names = ", ".join(models)
    return f"none of the models {names} has a label {label!r}: {hint}they have {_quoted(labels)}"


def _quoted(labels: Collection[str]) -> str:
    shown = ", ".join(map(repr, list(labels)[:MAX_LABELS_SHOWN]))
    more = len(labels) - MAX_LABELS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
