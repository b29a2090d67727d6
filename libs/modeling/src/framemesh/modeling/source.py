"""Where the file of a model comes from."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import ModelVersion


class ModelSource(Protocol):
    """One place that may have the files of models."""

    async def fetch(self, model: ModelVersion) -> LocalModel | None:
        """The model with its file on this machine, whose digest was compared with the model's.

        None where this place does not have it.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder that came with the image of a worker, or is mounted. Nothing is written to it.

    It has `<digest>.onnx`, or the folders of models by name as `framemesh model submit` takes them.
    """

    folder: Path

    async def fetch(self, model: ModelVersion) -> LocalModel | None:
        """As ModelSource; a file with another digest counts as none."""
        path = await asyncio.to_thread(self._find, model)
        return None if path is None else LocalModel(model.manifest, model.version, path)

    def _find(self, model: ModelVersion) -> Path | None:
        named = self.folder / model.manifest.name / model.manifest.file
        candidates = (self.folder / f"{model.digest}.onnx", named)
        return next((path for path in candidates if is_file_of(model, path)), None)


def is_file_of(model: ModelVersion, path: Path) -> bool:
    """Whether `path` is there and holds the file of this model, down to the last byte."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size != model.size_bytes:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == model.digest
    except OSError:
        return False
