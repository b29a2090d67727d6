"""The names of classes: a file with one a line, or a set that is known by its name."""

from dataclasses import replace
from pathlib import Path

from framemesh.cli.common.files import read_names
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.known_labels import KNOWN_LABELS

BESIDE = ("labels.txt", "classes.txt", "names.txt", "coco.names")
"""What people call it, beside `MODEL.txt` and `MODEL.names`."""


def with_names(choice: Choice, labels: str, model: Path) -> Choice:
    """The choice with the labels that the user named, and with those of a file beside the model.

    Raises:
        FileUnreadable: a file is not there, or has no names.
    """
    if labels in KNOWN_LABELS:
        return replace(choice, labels_from=labels)
    if labels:
        return replace(choice, labels=read_names(Path(labels)), labels_from=labels)
    for name in (f"{model.stem}.txt", f"{model.stem}.names", *BESIDE):
        if (model.parent / name).is_file():
            return replace(choice, beside=read_names(model.parent / name), beside_file=name)
    return choice
