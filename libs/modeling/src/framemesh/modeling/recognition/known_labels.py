"""Sets of classes that are known by a name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from framemesh.modeling.recognition.coco import coco_labels, numbered_coco_labels
from framemesh.modeling.recognition.imagenet import imagenet_labels


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """One set."""

    of: Callable[[int], tuple[str, ...]]
    """The labels of a model with so many classes, the usual ones for 0; empty: it has none."""
    numbers: str
    """Of classes that it has, in words."""


KNOWN_LABELS: Mapping[str, KnownLabels] = {
    "coco": KnownLabels(coco_labels, "COCO 80 (90 or 91 with its unused numbers)"),
    "coco-90": KnownLabels(numbered_coco_labels, "COCO's own numbers 90 (91 with an unused 0)"),
    "imagenet": KnownLabels(imagenet_labels, "ImageNet 1000 (1001 with a background first)"),
}


def known_by_number(classes: int) -> str:
    """The name of the set with so many classes; empty where there is none."""
    return next((name for name, known in KNOWN_LABELS.items() if classes and known.of(classes)), "")
