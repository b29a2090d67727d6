"""What each decoder reads out of the tensors of its models."""

import numpy as np
import pytest

from framemesh.core.detection import Box
from framemesh.modeling.decoders.demand import InputSize, Shapes
from framemesh.modeling.decoders.registry import DEMANDS
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Array, Decoder, RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder
from framemesh.worker.vision.decoders.suppression import non_max_suppression

INPUT_SIZE = InputSize(64, 64)


def decoder_of(spec: DecoderSpec, shapes: Shapes) -> Decoder:
    return make_decoder(spec, DEMANDS[spec.name].bind(spec, shapes, INPUT_SIZE))


def zeros(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


def close(found: RawDetection, class_id: int, score: float, *sides: float) -> None:
    assert found.class_id == class_id
    assert found.score == pytest.approx(score)
    assert found.box is not None
    box = found.box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(sides)


def test_a_peak_of_a_heat_map_has_the_box_of_its_cell() -> None:
    heatmap, boxes = zeros(2, 8, 8), zeros(4, 8, 8)
    heatmap[1, 3, 5] = 0.75
    boxes[:, 3, 5] = 0.25, 0.5, 0.75, 1.5
    decoder = decoder_of(DecoderSpec("centernet"), {"heatmap": (2, 8, 8), "boxes": (4, 8, 8)})
    (found,) = decoder.decode({"heatmap": heatmap, "boxes": boxes})
    close(found, 1, 0.75, 0.25, 0.5, 0.75, 1.0)


def test_boxes_of_another_size_than_the_heat_map_are_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"expects boxes to be \[4, 8, 8\]"):
        decoder_of(DecoderSpec("centernet"), {"heatmap": (2, 8, 8), "boxes": (4, 4, 4)})


def test_a_cell_of_fastestdet_is_read_as_its_author_does() -> None:
    cells = zeros(85, 22, 22)
    cells[:5, 10, 4] = 0.9, 0.2, -0.1, -1.0, 0.5
    cells[5 + 17, 10, 4] = 0.8
    (found,) = decoder_of(DecoderSpec("fastestdet"), {"758": (85, 22, 22)}).decode({"758": cells})
    x, y = (4 + np.tanh(0.2)) / 22, (10 + np.tanh(-0.1)) / 22
    width, height = 1 / (1 + np.exp(1.0)), 1 / (1 + np.exp(-0.5))
    close(
        found,
        17,
        0.9**0.6 * 0.8**0.4,
        max(0, x - width / 2),
        y - height / 2,
        x + width / 2,
        y + height / 2,
    )


@pytest.mark.parametrize("names", [("scores", "boxes"), ("face_scores", "face_boxes"), ("7", "9")])
def test_ssd_skips_the_background(names: tuple[str, str]) -> None:
    scores, boxes = zeros(3, 2), zeros(3, 4)
    scores[:] = (0.9, 0.1), (0.2, 0.8), (1.0, 0.0)
    boxes[1] = 0.1, 0.2, 0.3, 0.4
    spec = DecoderSpec("ssd", background=True)
    decoder = decoder_of(spec, {names[0]: (3, 2), names[1]: (3, 4)})
    assert DEMANDS["ssd"].bind(spec, {names[0]: (3, 2), names[1]: (3, 4)}, INPUT_SIZE).classes == 1
    (found,) = decoder.decode({names[0]: scores, names[1]: boxes})
    close(found, 0, 0.8, 0.1, 0.2, 0.3, 0.4)


def test_ssd_with_four_classes_and_nameless_tensors_is_refused() -> None:
    with pytest.raises(ModelInvalid, match="two outputs"):
        decoder_of(DecoderSpec("ssd"), {"7": (3, 4), "9": (3, 4)})


@pytest.mark.parametrize("shape", [(3,), (3, 1, 1)])
def test_logits_become_probabilities(shape: tuple[int, ...]) -> None:
    decoder = decoder_of(DecoderSpec("classification", 0.2), {"out": shape})
    logits = np.array([0.0, 2.0, 1.0], np.float32).reshape(shape)
    first, second = decoder.decode({"out": logits})
    assert (first.class_id, second.class_id) == (1, 2)
    assert first.score == pytest.approx(np.exp(2) / (1 + np.exp(2) + np.exp(1)))
    assert first.box is None


def test_probabilities_stay_what_they_are() -> None:
    decoder = decoder_of(DecoderSpec("classification"), {"out": (3,)})
    (found,) = decoder.decode({"out": np.array([0.1, 0.7, 0.2], np.float32)})
    assert (found.class_id, found.box) == (1, None)
    assert found.score == pytest.approx(0.7)


def test_of_two_boxes_of_one_class_the_better_one_stays() -> None:
    corners = np.array([[0, 0, 0.5, 0.5], [0.01, 0, 0.5, 0.5], [0.4, 0, 0.9, 0.5]], np.float32)
    same, apart = np.zeros(3, np.intp), np.arange(3)
    assert non_max_suppression(corners, same, 0.5, 10).tolist() == [0, 2]
    assert non_max_suppression(corners, apart, 0.5, 10).tolist() == [0, 1, 2]
    assert non_max_suppression(corners, same, 1.0, 10).tolist() == [0, 1, 2]
    assert non_max_suppression(corners, same, 0.5, 1).tolist() == [0]


def test_a_box_beyond_the_picture_is_no_detection() -> None:
    decoder = decoder_of(DecoderSpec("ssd"), {"scores": (1, 1), "boxes": (1, 4)})
    outside = np.array([[1.1, 0.2, 1.4, 0.4]], np.float32)
    assert decoder.decode({"scores": np.ones((1, 1), np.float32), "boxes": outside}) == []
    edge = np.array([[0.9, 0.2, 1.4, 0.4]], np.float32)
    (found,) = decoder.decode({"scores": np.ones((1, 1), np.float32), "boxes": edge})
    assert found.box == Box(*np.array([0.9, 0.2, 1.0, 0.4], np.float32).tolist())


def test_open_sides_that_do_not_fit_one_another_are_an_error_of_the_model() -> None:
    ssd = decoder_of(DecoderSpec("ssd"), {"scores": (-1, 2), "boxes": (-1, 4)})
    with pytest.raises(InferenceFailed, match=r"scores \[5, 2\] and boxes \[4, 4\]"):
        ssd.decode({"scores": zeros(5, 2), "boxes": zeros(4, 4)})
    shapes = {"heatmap": (2, -1, -1), "boxes": (4, -1, -1)}
    with pytest.raises(InferenceFailed, match=r"heatmap \[2, 8, 8\] and boxes \[4, 8, 6\]"):
        decoder_of(DecoderSpec("centernet"), shapes).decode(
            {"heatmap": zeros(2, 8, 8), "boxes": zeros(4, 8, 6)}
        )


def test_percent_and_pixels_are_not_taken_for_scores_and_fractions() -> None:
    cells = zeros(6, 4, 4)
    cells[0, 1, 1], cells[5, 1, 1] = 0.9, 80
    fastestdet = decoder_of(DecoderSpec("fastestdet"), {"758": (6, 4, 4)})
    with pytest.raises(InferenceFailed, match="output 758 has values from 0 to 80"):
        fastestdet.decode({"758": cells})
    boxes = np.array([10, 20, 200, 300], np.float32).reshape(4, 1, 1)
    shapes = {"heatmap": (1, 1, 1), "boxes": (4, 1, 1)}
    centernet = decoder_of(DecoderSpec("centernet"), shapes)
    with pytest.raises(InferenceFailed, match=r"output boxes has a box .* reads fractions"):
        centernet.decode({"heatmap": zeros(1, 1, 1) + 0.9, "boxes": boxes})
