"""What `framemesh model check` says of a file."""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from framemesh.core.documents.document import read
from framemesh.modeling.manifest import ModelManifest
from tests.real_models.real_model import RealModel

TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Checked:
    said: str
    document: dict[str, Any] | None
    """The model.yaml that it wrote; None where it could not tell."""


@cache
def check(path: Path, options: tuple[str, ...], folder: Path) -> Checked:
    """Run the command as a user does."""
    written = folder / f"{path.stem}.yaml"
    command = Path(sys.executable).parent / "framemesh"
    ran = subprocess.run(
        [command, "model", "check", path, *options, "--write", written],
        capture_output=True,
        check=False,
        text=True,
        timeout=TIMEOUT_S,
    )
    said = ran.stdout + ran.stderr
    document = yaml.safe_load(written.read_text()) if written.exists() else None
    return Checked(said, document)


def manifest(model: RealModel, document: dict[str, Any], input_size: Any = None) -> ModelManifest:
    """The model.yaml with the package's own preparation and choice.

    Args:
        input_size: width and height, where the package has one for each picture.
    """
    merged = {**document, "max_batch": 1, "file": model.path.name}
    for part, fields in model.changes.items():
        merged[part] = {**merged[part], **fields}
    if model.labels:
        merged["labels"] = list(model.labels)
    if input_size is not None:
        merged["input"] = {**merged["input"], "width": input_size[0], "height": input_size[1]}
    return read(merged, ModelManifest, f"model.yaml for {model.path.name}")
