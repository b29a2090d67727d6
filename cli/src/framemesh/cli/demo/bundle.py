"""The bundled clip, pipeline and model."""

from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.common.bundled import bundled


@dataclass(frozen=True, slots=True)
class Bundle:
    """Paths of what the demo runs."""

    clip: Path
    pipeline: Path
    model: Path
    """A model folder."""


def bundle() -> Bundle:
    """
    Raises:
        BundleMissing: the files are neither in the package nor in a checkout around it.
    """
    street = bundled("street")
    return Bundle(street / "street.mp4", street / "pipeline.yaml", bundled("person"))
