"""What the decoders of one posed thing read, compared with references written anew here."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.core.detection import Box, Keypoint, Point
from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder

Values = NDArray[Any]
KEYPOINTS = 17


def floats(values: Sequence[Any]) -> Values:
    return np.array(values, np.float32)


def decoded(spec: DecoderSpec, outputs: Mapping[str, Values]) -> list[RawDetection]:
    manifest = ModelManifest("pose", "pose.onnx", ("person",), InputSpec("input", 192, 256), spec)
    shapes = {name: values.shape for name, values in outputs.items()}
    return make_decoder(spec, bind_decoder(manifest, shapes)).decode(outputs)


def keypoints_of(found: list[RawDetection]) -> tuple[Keypoint, ...]:
    (one,) = found
    assert one.detail is not None
    return one.detail.keypoints


def assert_same(keypoints: tuple[Keypoint, ...], expected: Values) -> None:
    """`expected` has x, y and score of each."""
    there = [(each.at.x, each.at.y, each.score) for each in keypoints]
    np.testing.assert_allclose(there, expected, atol=1e-6)


def test_the_rows_and_columns_of_simcc_are_parts_of_the_input() -> None:
    random = np.random.default_rng(0)
    columns = random.uniform(0, 0.9, (KEYPOINTS, 384)).astype(np.float32)
    rows = random.uniform(0, 0.9, (KEYPOINTS, 512)).astype(np.float32)
    found = decoded(DecoderSpec("simcc", 0.3), {"simcc_x": columns, "simcc_y": rows})
    expected = [
        (
            int(columns[at].argmax()) / 2 / 192,  # two columns a pixel of an input of 192
            int(rows[at].argmax()) / 2 / 256,
            min(columns[at].max(), rows[at].max()),
        )
        for at in range(KEYPOINTS)
    ]
    assert_same(keypoints_of(found), np.array(expected))


def test_movenet_tells_y_before_x() -> None:
    rows = np.random.default_rng(1).uniform(0.1, 0.9, (1, KEYPOINTS, 3)).astype(np.float32)
    found = decoded(DecoderSpec("movenet", 0.2), {"output_0": rows})
    assert_same(keypoints_of(found), rows[0][:, [1, 0, 2]])


def test_movenet_of_several_people_has_a_row_for_each() -> None:
    rows = np.random.default_rng(4).uniform(0.1, 0.9, (6, 56)).astype(np.float32)
    rows[:, 51:53], rows[:, 53:55] = rows[:, 51:53] / 3, 0.5 + rows[:, 53:55] / 3
    rows[2, 55], rows[4, 55] = 0.1, 0
    found = decoded(DecoderSpec("movenet", 0.2), {"output_0": rows})
    expected = sorted((row for row in rows if row[55] >= 0.2), key=lambda row: -row[55])
    assert len(found) == len(expected)
    for one, row in zip(found, expected, strict=True):
        top, left, bottom, right, score = row[51:]
        assert one.score == pytest.approx(score)
        assert one.box == Box(*map(float, (left, top, right, bottom)))
        assert_same(keypoints_of([one]), row[:51].reshape(17, 3)[:, [1, 0, 2]])


def test_movenet_of_another_form_is_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"output_0 to be \[people,3\*keypoints\+5\]"):
        decoded(DecoderSpec("movenet"), {"output_0": floats([[0.5] * 55])})
    one_person = {"output_0": floats([[[0.5] * 3] * 17])}
    with pytest.raises(ModelInvalid, match=r"decoder\.max_detections: output output_0 tells"):
        decoded(DecoderSpec("movenet", max_detections=3), one_person)


def hrnet_places(maps: Values) -> Values:
    """x, y, score of each map: the peak, moved a quarter cell towards its higher neighbour."""
    count, height, width = maps.shape
    places = []
    for each in maps:
        row, column = np.unravel_index(each.argmax(), each.shape)
        x, y = float(column), float(row)
        if 1 < column < width - 1 and 1 < row < height - 1:
            x += 0.25 * np.sign(each[row, column + 1] - each[row, column - 1])
            y += 0.25 * np.sign(each[row + 1, column] - each[row - 1, column])
        places.append((x / width, y / height, each.max()))
    assert len(places) == count
    return np.array(places)


def test_the_peaks_of_heat_maps_are_read_as_hrnets_authors_do() -> None:
    maps = np.random.default_rng(2).uniform(0, 1, (KEYPOINTS, 16, 12)).astype(np.float32)
    found = decoded(DecoderSpec("heatmap-pose", 0.2), {"heatmaps": maps})
    assert_same(keypoints_of(found), hrnet_places(maps))


def test_heat_maps_of_logits_get_their_sigmoid() -> None:
    maps = np.full((1, 8, 8), -6, np.float32)
    maps[0, 0, 4] = 2
    spec = DecoderSpec("heatmap-pose", activation=Activation.SIGMOID)
    assert_same(keypoints_of(decoded(spec, {"maps": maps})), np.array([[0.5, 0, 0.880797]]))


def test_the_box_encloses_what_is_seen() -> None:
    rows = floats([[[0.2, 0.3, 0.9], [0.8, 0.6, 0.7], [0.0, 0.9, 0.1]]])
    (found,) = decoded(DecoderSpec("movenet", 0.5), {"output_0": rows})
    assert found.score == pytest.approx(0.8)
    assert found.box == Box(*floats([0.3, 0.2, 0.6, 0.8]).tolist())
    assert len(keypoints_of([found])) == 3


def test_one_keypoint_alone_has_no_box() -> None:
    rows = floats([[[0.2, 0.3, 0.9], [0.8, 0.6, 0.1]]])
    (found,) = decoded(DecoderSpec("movenet", 0.5), {"output_0": rows})
    assert found.box is None
    assert keypoints_of([found])[0].at == Point(*floats([0.3, 0.2]).tolist())


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("simcc", {"simcc_x": np.zeros((17, 384)), "simcc_y": np.zeros((17, 512))}),
        ("movenet", {"output_0": np.zeros((1, 17, 3))}),
        ("heatmap-pose", {"heatmaps": np.zeros((17, 64, 48))}),
    ],
)
def test_nobody_there_gives_nothing(name: str, outputs: Mapping[str, Values]) -> None:
    assert decoded(DecoderSpec(name, 0.0), outputs) == []


def test_movenet_in_pixels_or_percent_is_an_error_of_the_model() -> None:
    rows = floats([[[90, 120, 0.9]] * KEYPOINTS])
    with pytest.raises(InferenceFailed, match=r"output output_0 has a box .*reads fractions"):
        decoded(DecoderSpec("movenet"), {"output_0": rows})
    with pytest.raises(InferenceFailed, match=r"output output_0 has values from 90 to 90"):
        decoded(DecoderSpec("movenet"), {"output_0": floats([[[0.5, 0.5, 90]] * KEYPOINTS])})


def test_simcc_of_different_numbers_of_keypoints_is_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"simcc_x and simcc_y of as many keypoints"):
        decoded(
            DecoderSpec("simcc"), {"simcc_x": np.zeros((17, 384)), "simcc_y": np.zeros((9, 512))}
        )
