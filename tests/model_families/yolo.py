"""ONNX files of the YOLO families, at an input of 192 x 128, with the planted things in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import CLASSES, PLANTED, Planted

WIDTH, HEIGHT = 192, 128
STRIDES = (8, 16, 32)
PLACES = sum((WIDTH // stride) * (HEIGHT // stride) for stride in STRIDES)
KEYPOINTS = 5
MASKS = 8
MASK_SHAPE = (MASKS, HEIGHT // 4, WIDTH // 4)

Rows = tuple[Values, Values]
"""Values of a table on a black input, and what a white one of 1 adds to them."""


@dataclass(frozen=True)
class Thing:
    """A planted thing in pixels of the input."""

    planted: Planted
    number: int

    @property
    def corners(self) -> list[float]:
        left, top, right, bottom = self.planted.box
        return [left * WIDTH, top * HEIGHT, right * WIDTH, bottom * HEIGHT]

    @property
    def centred(self) -> list[float]:
        left, top, right, bottom = self.corners
        return [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]

    @property
    def angle(self) -> float:
        """In radians."""
        return 0.2 + 0.3 * self.number

    def keypoints(self, values_each: int) -> list[float]:
        """x, y (and how sure) of each, down the diagonal of the box."""
        left, top, right, bottom = self.corners
        steps = [(at + 0.5) / KEYPOINTS for at in range(KEYPOINTS)]
        return [
            value
            for at in steps
            for value in [left + at * (right - left), top + at * (bottom - top), at][:values_each]
        ]

    @property
    def coefficients(self) -> list[float]:
        """Its mask is the prototype of its number."""
        return [8.0 if at == self.number else 0.0 for at in range(MASKS)]


THINGS = [Thing(planted, number) for number, planted in enumerate(PLANTED)]
LEFT_BY_MODEL = [THINGS[number] for number in (0, 2, 3, 4, 5, 6)]
"""By models that drop what shows the same thing twice."""


def graph(white: float = 1.0, dtype: type[np.generic] = np.float32) -> FamilyGraph:
    """`white`: the value of a white pixel. `dtype`: of the input."""
    return FamilyGraph("images", (1, 3, HEIGHT, WIDTH), dtype, white)


def place_of(number: int) -> int:
    return 41 + 53 * number


def table(
    extra: Sequence[Sequence[float]] = (), *, objects: bool = False, network: bool = False
) -> Rows:
    """[PLACES, 4 (+ 1) + classes + extra]: noise, and the things at their places.

    Args:
        extra: what follows the classes of each thing.
        objects: with a column that tells whether there is something.
        network: boxes as the network has them, in cells of its grids.
    """
    random = np.random.default_rng(0)
    first = 5 if objects else 4
    width = first + CLASSES + (len(extra[0]) if extra else 0)
    values, slopes = np.zeros((PLACES, width)), np.zeros((PLACES, width))
    values[:, :4] = random.uniform(0, 1 if network else 128, (PLACES, 4))
    values[:, 4 : first + CLASSES] = random.uniform(0, 0.1, (PLACES, first - 4 + CLASSES))
    for at, thing in enumerate(THINGS):
        place, score = place_of(thing.number), first + thing.planted.class_id
        values[place, :4] = in_cells(thing.centred, place) if network else thing.centred
        if objects:
            values[place, 4] = 0.96
        values[place, score] = thing.planted.score
        slopes[place, score] = thing.planted.slope
        if extra:
            values[place, first + CLASSES :] = extra[at]
    return values[np.newaxis], slopes[np.newaxis]


def in_cells(centred: Sequence[float], place: int) -> list[float]:
    """What a YOLOX network puts out at a place for a box."""
    for stride in STRIDES:
        columns, rows = WIDTH // stride, HEIGHT // stride
        if place < columns * rows:
            break
        place -= columns * rows
    x, y, width, height = (side / stride for side in centred)
    return [x - place % columns, y - place // columns, np.log(width), np.log(height)]


def rows(extra: Sequence[Sequence[float]] = (), *, first: Sequence[Sequence[float]] = ()) -> Rows:
    """[30, 6 + extra]: as models that choose their boxes themselves fill their table.

    Args:
        first: the boxes; the default are corners.
    """
    boxes = first or [thing.corners for thing in LEFT_BY_MODEL]
    width = 6 + (len(extra[0]) if extra else 0)
    values, slopes = np.zeros((1, 30, width)), np.zeros((1, 30, width))
    for at, thing in enumerate(LEFT_BY_MODEL):
        more = extra[at] if extra else ()
        values[0, at] = [*boxes[at], thing.planted.score, thing.planted.class_id, *more]
        slopes[0, at, 4] = thing.planted.slope
    return values, slopes


def prototypes() -> Values:
    """[1, MASKS, height, width]: each is an ellipse in the box of one thing."""
    _, height, width = MASK_SHAPE
    y, x = np.mgrid[:height, :width] * 4 + 2
    masks = np.full(MASK_SHAPE, -1.0)
    for thing in THINGS:
        at_x, at_y, wide, high = thing.centred
        inside = ((x - at_x) / (wide / 2)) ** 2 + ((y - at_y) / (high / 2)) ** 2 <= 1
        masks[thing.number][inside] = 1.0
    return masks[np.newaxis]


def columns(table: Rows) -> Rows:
    """[places, ...] as [..., places]."""
    values, slopes = table
    return values.transpose(0, 2, 1), slopes.transpose(0, 2, 1)


def yolov5() -> bytes:
    made = graph()
    made.output("output0", *table(objects=True))
    return made.save({"stride": "32"})


def yolov5_segmentation() -> bytes:
    made = graph()
    made.output("output0", *table([thing.coefficients for thing in THINGS], objects=True))
    made.output("output1", prototypes())
    return made.save({"stride": "32"})


def yolox() -> bytes:
    made = graph(255.0)
    made.output("output", *table(objects=True, network=True))
    return made.save()


def yolov8(dtype: type[np.generic] = np.float32) -> bytes:
    """`dtype`: of its input and its output."""
    made = graph(dtype=dtype)
    made.output("output0", *columns(table()), dtype)
    return made.save({"task": "detect"})


def yolov8_turned() -> bytes:
    """With places first, and poses behind the classes."""
    made = graph()
    made.output("output0", *table([thing.keypoints(3) for thing in THINGS]))
    return made.save()


def yolov8_oriented_turned() -> bytes:
    made = graph()
    made.output("output0", *table([[thing.angle] for thing in THINGS]))
    return made.save()


def yolov8_segmentation() -> bytes:
    made = graph()
    made.output("output0", *columns(table([thing.coefficients for thing in THINGS])))
    made.output("output1", prototypes())
    return made.save({"task": "segment"})


def yolov8_pose(values_each: int) -> bytes:
    made = graph()
    made.output("output0", *columns(table([thing.keypoints(values_each) for thing in THINGS])))
    return made.save({"task": "pose"})


def yolov8_oriented() -> bytes:
    made = graph()
    made.output("output0", *columns(table([[thing.angle] for thing in THINGS])))
    return made.save({"task": "obb"})


def end_to_end() -> bytes:
    made = graph()
    made.output("output0", *rows())
    return made.save({"end2end": "True"})


def end_to_end_segmentation() -> bytes:
    made = graph()
    made.output("output0", *rows([thing.coefficients for thing in LEFT_BY_MODEL]))
    made.output("output1", prototypes())
    return made.save({"end2end": "True", "task": "segment"})


def end_to_end_pose() -> bytes:
    made = graph()
    made.output("output0", *rows([thing.keypoints(3) for thing in LEFT_BY_MODEL]))
    return made.save({"end2end": "True", "task": "pose"})


def end_to_end_oriented() -> bytes:
    made = graph()
    boxes = [thing.centred for thing in LEFT_BY_MODEL]
    made.output("output0", *rows([[thing.angle] for thing in LEFT_BY_MODEL], first=boxes))
    return made.save({"end2end": "True", "task": "obb"})


def nas_flat() -> bytes:
    values, slopes = (np.pad(part[0], ((0, 0), (1, 0))) for part in rows())
    made = graph()
    made.output("graph2_flat_predictions", values[:6], slopes[:6])
    return made.save()


def nas_places() -> bytes:
    values, slopes = table()
    for thing in THINGS:
        values[0, place_of(thing.number), :4] = thing.corners
    made = graph()
    made.output("pred_bboxes", values[..., :4])
    made.output("pred_scores", values[..., 4:], slopes[..., 4:])
    return made.save()
