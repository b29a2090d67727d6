"""What the models of stages can detect, and labels that none of them has."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

MAX_LABELS_SHOWN = 20
"""In a message; a model may have a thousand."""


@dataclass(frozen=True, slots=True)
class StageDetections:
    """What the model of a stage can detect."""

    model: str
    labels: Collection[str]
    boxes: bool
    """Whether its detections have boxes, or are of the whole picture."""


def unknown_label(label: str, sources: Sequence[StageDetections]) -> str:
    """What is wrong with a label that no model of `sources` has, of which there is one at least."""
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
