"""Text found in a map, compared with the definition of DB, written anew here."""

import numpy as np
import pytest

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder

WIDTH, HEIGHT = 200, 100


def decoded(outputs: Outputs, spec: DecoderSpec = DecoderSpec("db-text")) -> list[RawDetection]:  # noqa: B008
    manifest = ModelManifest("text", "text.onnx", ("text",), InputSpec("x", 400, 200), spec)
    shapes = {name: values.shape for name, values in outputs.items()}
    return make_decoder(spec, bind_decoder(manifest, shapes)).decode(outputs)


def bar(left: int, top: int, right: int, bottom: int, value: float = 0.9) -> Array:
    """[1, height, width] with one bar; its last row and column are inside."""
    values = np.zeros((1, HEIGHT, WIDTH), np.float32)
    values[0, top : bottom + 1, left : right + 1] = value
    return values


def test_a_bar_is_grown_by_its_area_over_its_perimeter() -> None:
    for ratio in (1.5, 2.0, 0.0):
        spec = DecoderSpec("db-text", unclip_ratio=ratio)
        (found,) = decoded({"map": bar(40, 30, 120, 50)}, spec)
        distance = 80 * 20 * ratio / (2 * (80 + 20))
        assert found.box is not None
        sides = (found.box.left, found.box.top, found.box.right, found.box.bottom)
        grown = np.array([40 - distance, 30 - distance, 120 + distance, 50 + distance])
        np.testing.assert_allclose(sides, grown / (WIDTH, HEIGHT, WIDTH, HEIGHT), atol=1e-6)
        assert found.score == pytest.approx(0.9, abs=1e-6)


def test_the_corners_of_slanted_text_begin_at_its_upper_left() -> None:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    along = (columns - 100) * 0.8 + (rows - 50) * 0.6  # falls to the right
    across = (rows - 50) * 0.8 - (columns - 100) * 0.6
    values = np.where((abs(along) <= 40) & (abs(across) <= 8), 0.8, 0.0).astype(np.float32)
    (found,) = decoded({"map": values[None]}, DecoderSpec("db-text", unclip_ratio=0.0))
    assert found.detail is not None
    corners = [(at.x * WIDTH, at.y * HEIGHT) for at in found.detail.corners]
    expected = [
        (100 + a * 0.8 - b * 0.6, 50 + a * 0.6 + b * 0.8)
        for a, b in ((-40, -8), (40, -8), (40, 8), (-40, 8))
    ]
    np.testing.assert_allclose(corners, expected, atol=2.0)


def test_regions_that_are_small_or_faint_are_left_out() -> None:
    values = bar(10, 10, 60, 20)
    values[0, 40:42, 10:60] = 0.9  # two rows
    values[0, 60:80, 10:60] = 0.4  # over map_threshold, below score_threshold
    assert len(decoded({"map": values})) == 1
    assert len(decoded({"map": values}, DecoderSpec("db-text", 0.35))) == 2
    assert len(decoded({"map": values}, DecoderSpec("db-text", 0.35, map_threshold=0.5))) == 1


def test_dilation_joins_what_is_a_cell_apart() -> None:
    values = bar(10, 10, 40, 20) + bar(42, 10, 80, 20)
    assert len(decoded({"map": values})) == 2
    assert len(decoded({"map": values}, DecoderSpec("db-text", dilate=True))) == 1


def test_logits_need_a_sigmoid() -> None:
    logits = np.where(bar(40, 30, 120, 50) > 0, 3.0, -9.0).astype(np.float32)
    with pytest.raises(InferenceFailed, match="output map has values from -9 to 3"):
        decoded({"map": logits})
    (found,) = decoded({"map": logits}, DecoderSpec("db-text", activation=Activation.SIGMOID))
    assert found.score == pytest.approx(1 / (1 + np.exp(-3.0)), abs=1e-5)
    with pytest.raises(ModelInvalid, match="set it to sigmoid"):
        decoded({"map": logits}, DecoderSpec("db-text", activation=Activation.SOFTMAX))


def test_a_map_of_noise_is_bounded() -> None:
    noise = np.random.default_rng(1).random((1, 960, 960)).astype(np.float32)
    spec = DecoderSpec("db-text", 0.0, max_detections=1000, map_threshold=0.7)
    assert len(decoded({"map": noise}, spec)) <= 1000


def test_two_channels_are_no_map_of_text() -> None:
    with pytest.raises(ModelInvalid, match=r"map to be \[1,height,width\]"):
        decoded({"map": np.zeros((2, 8, 8), np.float32)})
