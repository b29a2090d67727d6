"""The clip, the pipeline and the model that come with framemesh."""

from dataclasses import dataclass
from pathlib import Path

from framemesh.core.errors import Code, FramemeshError


class BundleMissing(FramemeshError):
    """The bundled files are not where they should be."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the demo shows."""

    clip: Path
    pipeline: Path
    model: Path
    """A model folder."""


def bundle() -> Bundle:
    """
    Raises:
        BundleMissing: this framemesh was not installed from a checkout.
    """
    # An editable installation runs from cli/src/framemesh/cli/demo of the checkout.
    root = Path(__file__).resolve().parents[5]
    found = Bundle(
        clip=root / "examples/street/street.mp4",
        pipeline=root / "examples/street/pipeline.yaml",
        model=root / "models/person",
    )
    for path in (found.clip, found.pipeline, found.model):
        if not path.exists():
            raise BundleMissing(f"{path} is missing: run the demo in a checkout of framemesh")
    return found
