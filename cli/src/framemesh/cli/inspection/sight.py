"""What a model sees on an image, as lines and as a picture."""

from collections.abc import Iterator
from pathlib import Path

import cv2

from framemesh.cli.common.files import FileUnwritable, write_bytes
from framemesh.cli.inspection.inference import runtime_python
from framemesh.cli.inspection.inputs import read_image
from framemesh.cli.inspection.look import look
from framemesh.cli.views.detections import summary
from framemesh.modeling.manifest import ModelManifest
from framemesh.runtime.messages.detection_message import detections_from_proto
from framemesh.vision.drawing.picture import draw


def seen(
    model: Path, manifest: ModelManifest, image: Path | None, save: Path | None
) -> Iterator[str]:
    """Look at the user's image, or at a frame of the bundled clip, and save what is seen.

    Raises:
        InferenceFailed, FileUnreadable, FileUnwritable: in one line.
    """
    python = runtime_python()
    if python is None or manifest.simulated:
        return
    pixels = read_image(image)
    outcome = look(python, model, manifest, pixels)
    where = str(image) if image else "a frame of the bundled clip"
    yield f"On {where} it sees {summary(outcome.detections)}."
    if save is not None:
        drawn = draw(pixels, detections_from_proto(outcome), {manifest.name: manifest.skeleton})
        known = save.suffix.lower() in (".jpg", ".jpeg", ".png")
        if not known:
            raise FileUnwritable(f"cannot write {save}: give a name that ends with .jpg or .png")
        _, encoded = cv2.imencode(save.suffix, drawn)
        write_bytes(save, encoded.tobytes())
        yield f"It is drawn in {save}."
