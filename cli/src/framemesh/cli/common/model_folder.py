"""A folder with a model.yaml and the ONNX file that it names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framemesh.cli.common.files import read_document, read_text
from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.documents.yaml_document import Located
from framemesh.modeling.manifest import ModelManifest

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
        FileUnreadable: it has no model.yaml, or the file of labels is no text.
        InvalidDocument: with the line and the field of every error; also for a file that a field
            names and that is not there.
    """
    document = read_document(folder / MANIFEST)
    if isinstance(document.value, dict) and isinstance(document.value.get("labels"), str):
        document.value["labels"] = _labels(document, folder / document.value["labels"])
    manifest = document.read(ModelManifest)
    return ModelFolder(manifest, _existing(document, "file", folder / manifest.file))


def _labels(document: Located, path: Path) -> list[Any]:
    lines = read_text(_existing(document, "labels", path)).splitlines()
    return [line.strip() for line in lines if line.strip()]


def _existing(document: Located, field: str, path: Path) -> Path:
    if path.is_file():
        return path
    problem = Problem((field,), f"there is no file {path}")
    raise document.located(InvalidDocument(document.what, (problem,)))
