"""SSD does not take for scores and corners what is none."""

import numpy as np
import pytest

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.decoders.registry import DEMANDS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder

SPEC = DecoderSpec("ssd")


def decoded(scores: float, box: tuple[float, ...]) -> list[RawDetection]:
    """Of two places, of which the second has this score and this box."""
    binding = DEMANDS["ssd"].bind(SPEC, {"scores": (2, 3), "boxes": (2, 4)}, InputSize(64, 64))
    values = np.zeros((2, 3), np.float32)
    values[1, 2] = scores
    boxes = np.zeros((2, 4), np.float32)
    boxes[1] = box
    return make_decoder(SPEC, binding).decode({"scores": values, "boxes": boxes})


def test_a_score_and_corners_are_read() -> None:
    (found,) = decoded(0.75, (0.25, 0.5, 0.5, 1.0))
    assert (found.class_id, found.score) == (2, 0.75)


@pytest.mark.parametrize(
    ("score", "box", "error"),
    [
        (87.5, (0.25, 0.5, 0.5, 1.0), "output scores has values from 0 to 87.5, .* probabilities"),
        (np.nan, (0.25, 0.5, 0.5, 1.0), "output scores has values from nan"),
        (0.9, (16, 32, 32, 64), r"output boxes has a box \[16, 32, 32, 64\], .* fractions"),
        (0.9, (0.7, 0.6, 0.2, 0.3), r"output boxes has a box \[0\.7, 0\.6, 0\.2, 0\.3\].*centres"),
        (0.9, (0.25, np.nan, 0.5, 1.0), "output boxes has a box"),
    ],
)
def test_other_values_are_an_error_that_names_the_output(
    score: float, box: tuple[float, ...], error: str
) -> None:
    with pytest.raises(InferenceFailed, match=error):
        decoded(score, box)
