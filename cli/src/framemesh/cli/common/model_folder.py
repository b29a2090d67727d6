"""A folder with a model.yaml and the ONNX file that it names."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from framemesh.cli.common.files import FileUnreadable, read_document, read_names
from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.documents.yaml_document import Located
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.recognition.known_labels import KNOWN_LABELS

MANIFEST = "model.yaml"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that is ready to be registered."""

    manifest: ModelManifest
    file: Path
    """The ONNX file; it is there."""


def read_model_folder(folder: Path) -> ModelFolder:
    """The model in `folder`.

    Raises:
        FileUnreadable: it has no model.yaml.
        InvalidDocument: with the line and the field of every error; also for a file that a field
            names and that is not there, or has no labels.
    """
    document = read_document(folder / MANIFEST)
    if isinstance(document.value, dict):
        labels = document.value.get("labels")
        if isinstance(labels, str):
            document.value["labels"] = _labels(document, folder, labels)
        elif isinstance(labels, list):
            document.value["labels"] = _as_written(document, labels)
    manifest = document.read(ModelManifest)
    return ModelFolder(manifest, _existing(document, "file", folder / manifest.file))


def _labels(document: Located, folder: Path, named: str) -> list[Any]:
    """The lines of a file, or the set of this name where there is no such file."""
    path = folder / named
    if named in KNOWN_LABELS and not path.exists():
        return list(KNOWN_LABELS[named].of(0))
    try:
        return list(read_names(_existing(document, "labels", path)))
    except FileUnreadable as error:
        problem = Problem(("labels",), str(error))
        raise document.located(InvalidDocument(document.what, (problem,))) from error


def _as_written(document: Located, labels: list[Any]) -> list[Any]:
    """Labels as they stand there: `0` and `yes` are names of classes."""
    return [
        document.written(("labels", at)) if isinstance(label, int | float | date) else label
        for at, label in enumerate(labels)
    ]


def _existing(document: Located, field: str, path: Path) -> Path:
    if path.is_file():
        return path
    problem = Problem((field,), f"there is no file {path}")
    raise document.located(InvalidDocument(document.what, (problem,)))
