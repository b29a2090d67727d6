"""A model as a worker has it."""

from dataclasses import dataclass
from pathlib import Path

from framemesh.modeling.manifest import ModelManifest


@dataclass(frozen=True, slots=True)
class LocalModel:
    """One version of a model whose ONNX file is on this machine."""

    manifest: ModelManifest
    version: int
    onnx: Path
