"""What is drawn on a picture for each kind of detection."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.detection import Box
from framemesh.runtime.messages.detection_message import detection_from_proto
from framemesh.vision.drawing import picture as drawing
from framemesh.vision.drawing.colors import DARK, LIGHT, NEUTRAL, PALETTE, class_color, ink
from framemesh.vision.drawing.labels import Labels
from framemesh.vision.drawing.lettering import Lettering
from framemesh.vision.drawing.outlines import Bones
from framemesh.vision.drawing.pixels import Canvas, Pixels

WIDTH, HEIGHT = 640, 480
BOX = outcome_pb2.Box(left=0.25, top=0.25, right=0.5, bottom=0.75)
"""Columns 160 to 320, rows 120 to 360."""


def grey() -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


def draw(
    picture: Pixels,
    detections: Sequence[outcome_pb2.Detection],
    skeletons: Mapping[str, Bones] = drawing.NO_SKELETONS,
) -> Pixels:
    return drawing.draw(picture, list(map(detection_from_proto, detections)), skeletons)


def drawn(*detections: outcome_pb2.Detection) -> Pixels:
    return draw(grey(), detections)


def changed(picture: Pixels) -> NDArray[np.bool_]:
    """[height, width]: the pixels on which something is drawn."""
    drawn_on: NDArray[np.bool_] = (picture != 128).any(axis=2)
    return drawn_on


def detection(**fields: Any) -> outcome_pb2.Detection:
    return outcome_pb2.Detection(**{"label": "person", "score": 0.5, **fields})


def raster(kind: int, cells: list[list[int]], **more: Any) -> outcome_pb2.Raster:
    values = np.asarray(cells, np.uint8)
    return outcome_pb2.Raster(
        kind=outcome_pb2.RasterKind.ValueType(kind),
        width=values.shape[1],
        height=values.shape[0],
        values=zlib.compress(values.tobytes()),
        high=1,
        **more,
    )


def test_the_picture_itself_is_left_as_it_is() -> None:
    picture = grey()
    draw(picture, [detection(box=BOX)])
    assert not changed(picture).any()


def test_a_box_is_a_rectangle_in_the_color_of_its_class() -> None:
    picture = drawn(detection(box=BOX, class_id=1))
    for row, column in ((240, 160), (240, 320), (360, 240)):
        assert tuple(picture[row, column]) == PALETTE[1]
    assert not changed(picture)[130:350, 170:310].any()


def test_an_oriented_box_is_drawn_by_its_corners() -> None:
    corners = [(0.375, 0.25), (0.5, 0.5), (0.375, 0.75), (0.25, 0.5)]
    found = detection(box=BOX, corners=[outcome_pb2.Point(x=x, y=y) for x, y in corners])
    where = changed(drawn(found))
    assert where[178:183, 277:284].any(), "the side from the upper to the right corner"
    assert not where[340:370, 155:180].any(), "the corner of the enclosing box"


def test_keypoints_are_dots_unless_the_model_is_not_sure() -> None:
    keypoints = [
        outcome_pb2.Keypoint(at=outcome_pb2.Point(x=x, y=0.5), score=score)
        for x, score in ((0.3, 0.9), (0.45, 0.1))
    ]
    picture = drawn(detection(box=BOX, keypoints=keypoints))
    assert tuple(picture[240, 192]) == LIGHT
    assert not changed(picture)[230:250, 280:300].any()


def test_the_lines_of_a_skeleton_are_those_of_the_stages_model() -> None:
    places = ((0.25, 0.25), (0.25, 0.75), (0.75, 0.75))
    keypoints = [outcome_pb2.Keypoint(at=outcome_pb2.Point(x=x, y=y), score=1) for x, y in places]
    arm = detection(stage="arms", keypoints=keypoints)
    where = changed(draw(grey(), [arm], {"arms": ((0, 1),)}))
    assert where[240, 157:163].any(), "the line from the first keypoint to the second"
    assert not where[357:363, 320].any(), "no line from the second to the third"
    # Keypoints that a model of another version had: no line, and no error.
    assert not changed(draw(grey(), [arm], {"arms": ((1, 3),)}))[240, 157:163].any()


def test_the_17_keypoints_of_a_person_have_a_skeleton() -> None:
    ankle, knee = outcome_pb2.Point(x=0.3, y=0.7), outcome_pb2.Point(x=0.3, y=0.3)
    keypoints = [outcome_pb2.Keypoint(at=ankle)] * 17
    keypoints[13] = outcome_pb2.Keypoint(at=knee, score=1)
    keypoints[15] = outcome_pb2.Keypoint(at=ankle, score=1)
    assert changed(drawn(detection(box=BOX, keypoints=keypoints)))[240, 192]
    assert not changed(drawn(detection(box=BOX, keypoints=keypoints[:16])))[240, 192]


def test_the_dots_of_who_is_small_are_small() -> None:
    def dotted(size: float) -> int:
        places = [outcome_pb2.Point(x=0.5, y=0.5 + shift) for shift in (0, size)]
        keypoints = [outcome_pb2.Keypoint(at=at, score=1) for at in places]
        return int(changed(draw(grey(), [detection(keypoints=keypoints)]))[100:].sum())

    assert 0 < dotted(0.1) < dotted(0.4)


def test_a_mask_tints_its_part_of_the_box() -> None:
    mask = outcome_pb2.Mask(width=2, height=1, runs=(1, 1))
    where = changed(drawn(detection(box=BOX, mask=mask)))
    assert where[130:350, 245:310].all()
    assert not where[130:350, 170:230].any()
    assert not where[:, 330:].any()


def test_a_raster_of_classes_colors_the_frame_and_says_how_much_of_it_each_takes() -> None:
    areas = [outcome_pb2.ClassArea(class_id=n, label=str(n), area=0.5) for n in (2, 3)]
    found = detection(raster=raster(outcome_pb2.RASTER_KIND_CLASSES, [[2, 3]], areas=areas))
    picture = drawn(found)
    left, right = picture[400, 20].astype(int), picture[400, 620].astype(int)
    assert np.abs(left - (np.array(PALETTE[2]) + 128) / 2).max() <= 1
    assert np.abs(right - (np.array(PALETTE[3]) + 128) / 2).max() <= 1
    assert tuple(picture[1, 1]) == PALETTE[2]


def test_what_is_usual_is_seen_through_a_map_of_anomalies() -> None:
    found = detection(raster=raster(outcome_pb2.RASTER_KIND_ANOMALY, [[0, 255]]))
    picture = drawn(found)
    assert not changed(picture)[400, 100]
    assert changed(picture)[400, 600]


def test_a_depth_map_of_a_crop_stays_in_its_box() -> None:
    found = detection(box=BOX, raster=raster(outcome_pb2.RASTER_KIND_DEPTH, [[9, 200], [90, 0]]))
    where = changed(drawn(found))
    assert where[125:355, 165:315].all()
    assert not where[:, 400:].any()
    assert not where[370:, :].any()


def test_what_was_found_in_a_crop_stands_beside_its_box() -> None:
    color = detection(label="red", class_id=5, parent=0)
    picture = drawn(detection(box=BOX), color)
    rows, columns = np.nonzero((picture == PALETTE[5]).all(axis=2))
    assert 60 < rows.mean() < 130
    assert columns.min() >= 155


def test_a_parent_that_is_none_does_not_end_the_drawing() -> None:
    drawn(detection(parent=0), detection(parent=7), detection(parent=1))


@pytest.mark.parametrize(
    "box", [(-0.5, -0.5, 1.5, 1.5), (1.2, 1.2, 1.4, 1.4), (0.5, 0.5, 0.5, 0.5), (-1e9, 0, 1e9, 1)]
)
def test_a_box_may_reach_beyond_the_picture(box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    drawn(
        detection(
            box=outcome_pb2.Box(left=left, top=top, right=right, bottom=bottom),
            mask=outcome_pb2.Mask(width=2, height=2, runs=(1, 2, 1)),
            raster=raster(outcome_pb2.RASTER_KIND_DEPTH, [[1, 2]]),
            keypoints=[outcome_pb2.Keypoint(at=outcome_pb2.Point(x=left, y=top), score=1)],
        )
    )


def test_labels_of_close_boxes_do_not_cover_one_another() -> None:
    canvas, line = Canvas(grey()), "person 0.93"
    labels, letters = Labels(canvas), Lettering(canvas, line)
    for at in range(6):
        shift = at / 500
        near = Box(0.4 + shift, 0.4 + shift, 0.5, 0.6)
        labels.beside(near, line, class_color(at))
    assert labels.covered.sum() == 6 * letters.width * letters.height


def test_labels_of_the_frame_stand_below_one_another() -> None:
    canvas = Canvas(grey())
    labels = Labels(canvas)
    for at, line in enumerate(("sky 30%", "Äg", "---")):
        labels.of_frame(line, class_color(at))
    height = Lettering(canvas, "x").height
    assert [tuple(canvas.pixels[at * height, 0]) for at in range(3)] == list(PALETTE[:3])


def test_the_background_of_a_raster_of_classes_stays_as_it_is() -> None:
    areas = [
        outcome_pb2.ClassArea(class_id=0, label="Background", area=0.5),
        outcome_pb2.ClassArea(class_id=1, label="scratch", area=0.5),
    ]
    found = detection(raster=raster(outcome_pb2.RASTER_KIND_CLASSES, [[0, 1]], areas=areas))
    picture = drawn(found)
    assert tuple(picture[1, 1]) == NEUTRAL
    where = changed(picture)
    assert not where[400, :310].any()
    assert where[400, 330:].all()


@pytest.mark.parametrize("text", ["", "Größe 日本", "x" * 500])
@pytest.mark.parametrize("size", [(1, 1), (24, 2000), (2160, 3840)])
def test_any_text_is_drawn_on_a_picture_of_any_size(text: str, size: tuple[int, int]) -> None:
    draw(np.zeros((*size, 3), np.uint8), [detection(text=text, box=BOX), detection(text=text)])


def test_lines_and_letters_grow_with_the_picture() -> None:
    def share(factor: int) -> float:
        large = cv2.resize(grey(), None, fx=factor, fy=factor)
        return float(changed(draw(np.asarray(large, np.uint8), [detection(box=BOX)])).mean())

    assert share(4) == pytest.approx(share(1), rel=0.5)


def test_letters_are_read_on_every_color() -> None:
    for color in PALETTE:
        lightness = [np.dot((0.114, 0.587, 0.299), each) for each in (color, ink(color))]
        assert abs(lightness[0] - lightness[1]) > 75, color
    assert ink((255, 255, 255)) == DARK


def test_the_outline_of_a_small_thing_does_not_hide_it() -> None:
    box = outcome_pb2.Box(left=0.5, top=0.5, right=0.53, bottom=0.54)
    large = np.full((1440, 1920, 3), 128, np.uint8)
    picture = draw(large, [detection(box=box)])
    # All but a line of at most an eighth of its side on each side.
    inside = picture[720 + 8 : 777 - 8, 960 + 8 : 1017 - 8]
    assert (inside == 128).all()


def test_the_label_of_a_small_thing_in_a_large_picture_does_not_hide_its_neighbours() -> None:
    def labelled(side: float) -> int:
        box = outcome_pb2.Box(left=0.5, top=0.5, right=0.5 + side, bottom=0.5 + side)
        picture = draw(np.full((1440, 1920, 3), 128, np.uint8), [detection(box=box)])
        rows: int = changed(picture)[: 720 - 4].any(axis=1).sum()
        return rows

    # As high as in a small picture, where it can be read; and larger beside what is large.
    assert labelled(0.015) < 20
    assert labelled(0.3) > 35
