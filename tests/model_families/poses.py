"""Models of the keypoints of one thing, and their answers read as their authors do it."""

from collections.abc import Callable, Mapping

import numpy as np

from framemesh.modeling.manifest import Color, DecoderSpec, DType, Fit, InputSpec, Layout
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.reading import Reading

WIDTH, HEIGHT = 96, 128
THRESHOLD = 0.3
LABELS = ("person",)

KEYPOINTS = (
    (0.5, 0.22, 0.9),
    (0.4, 0.31, 0.8),
    (0.63, 0.4, 0.7),
    (0.38, 0.6, 0.6),
    (0.7, 0.74, 0.1),  # too faint for the box
)
"""x and y in fractions of the input, and how sure the model is on a black one."""

SLOPE = 0.08
"""What a white input adds to that."""


def simcc() -> FamilyModel:
    """RTMPose: two columns and two rows a pixel."""
    spec = InputSpec(
        "input", WIDTH, HEIGHT, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
    )
    graph = FamilyGraph.of(spec)
    for axis, side in enumerate((WIDTH, HEIGHT)):
        values = np.zeros((1, len(KEYPOINTS), 2 * side))
        slopes = np.zeros_like(values)
        for number, keypoint in enumerate(KEYPOINTS):
            at = round(keypoint[axis] * 2 * side)
            # The columns are surer than the rows.
            values[0, number, at - 1 : at + 2] = np.add([-0.1, 0, -0.1], keypoint[2] - 0.05 * axis)
            slopes[0, number, at] = SLOPE
        graph.output("simcc_x" if axis == 0 else "simcc_y", values, slopes)
    return FamilyModel(graph.save(), spec, DecoderSpec("simcc", THRESHOLD), _simcc, labels=LABELS)


def _simcc(answers: Mapping[str, Values]) -> list[Reading]:
    return _posed(
        [
            (float(x.argmax()) / 2, float(y.argmax()) / 2, float(min(x.max(), y.max())))
            for x, y in zip(answers["simcc_x"], answers["simcc_y"], strict=True)
        ]
    )


def movenet() -> FamilyModel:
    """Of whole pixels, 0 to 255."""
    spec = InputSpec(
        "input", WIDTH, HEIGHT, Fit.LETTERBOX, layout=Layout.NHWC, dtype=DType.INT32, fill=0
    )
    values = np.array([[[[y, x, score] for x, y, score in KEYPOINTS]]])
    slopes = np.zeros_like(values)
    slopes[..., 2] = SLOPE
    graph = FamilyGraph.of(spec)
    graph.output("output_0", values, slopes)
    decoder = DecoderSpec("movenet", THRESHOLD)
    return FamilyModel(graph.save(), spec, decoder, _movenet, labels=LABELS)


def _movenet(answers: Mapping[str, Values]) -> list[Reading]:
    rows = answers["output_0"][0].astype(np.float64)
    return _posed([(x * WIDTH, y * HEIGHT, score) for y, x, score in rows.tolist()])


def movenet_people() -> FamilyModel:
    """Of up to six people: here of two, the second half as large in the upper left."""
    spec = InputSpec("input", WIDTH, HEIGHT, layout=Layout.NHWC, dtype=DType.INT32)
    values = np.zeros((1, 6, 3 * len(KEYPOINTS) + 5))
    slopes = np.zeros_like(values)
    for row, (size, score) in enumerate(((1.0, 0.8), (0.5, 0.4))):
        points = [(y * size, x * size, sure) for x, y, sure in KEYPOINTS]
        values[0, row] = [*np.ravel(points), 0.1 * size, 0.2 * size, 0.9 * size, 0.8 * size, score]
        slopes[0, row, -1] = SLOPE
    graph = FamilyGraph.of(spec)
    graph.output("output_0", values, slopes)
    decoder = DecoderSpec("movenet", THRESHOLD)
    return FamilyModel(graph.save(), spec, decoder, _movenet_people, labels=LABELS)


def _movenet_people(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for row in answers["output_0"].astype(np.float64).tolist():
        *points, top, left, bottom, right, score = row
        if score >= THRESHOLD:
            box = left * WIDTH, top * HEIGHT, right * WIDTH, bottom * HEIGHT
            keypoints = [
                (points[at + 1] * WIDTH, points[at] * HEIGHT, points[at + 2])
                for at in range(0, len(points), 3)
            ]
            found.append(Reading(0, score, box, keypoints=keypoints))
    return found


def heatmap_pose() -> FamilyModel:
    """HRNet: a map a quarter of the input for each keypoint."""
    spec = InputSpec(
        "input",
        WIDTH,
        HEIGHT,
        color=Color.BGR,
        scale=1 / 255,
        mean=(0.406, 0.456, 0.485),
        std=(0.225, 0.224, 0.229),
    )
    y, x = np.mgrid[: HEIGHT // 4, : WIDTH // 4]
    maps = np.array(
        [
            score * np.exp(-((x - across * WIDTH / 4) ** 2 + (y - down * HEIGHT / 4) ** 2) / 8)
            for across, down, score in KEYPOINTS
        ]
    )
    graph = FamilyGraph.of(spec)
    graph.output("heatmaps", maps[np.newaxis], SLOPE * maps[np.newaxis])
    decoder = DecoderSpec("heatmap-pose", THRESHOLD)
    return FamilyModel(graph.save(), spec, decoder, _heatmap_pose, labels=LABELS)


def _heatmap_pose(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[tuple[float, float, float]] = []
    for each in answers["heatmaps"]:
        row, column = np.unravel_index(each.argmax(), each.shape)
        x, y = float(column), float(row)
        if 1 < column < each.shape[1] - 1 and 1 < row < each.shape[0] - 1:
            x += 0.25 * np.sign(each[row, column + 1] - each[row, column - 1])
            y += 0.25 * np.sign(each[row + 1, column] - each[row - 1, column])
        found.append((4 * x, 4 * y, float(each.max())))
    return _posed(found)


def _posed(keypoints: list[tuple[float, float, float]]) -> list[Reading]:
    """One thing, whose box encloses the keypoints that are sure enough."""
    seen = [each for each in keypoints if each[2] >= THRESHOLD]
    xs, ys, scores = zip(*seen, strict=True)
    box = (min(xs), min(ys), max(xs), max(ys))
    return [Reading(0, float(np.mean(scores)), box, keypoints=keypoints)]


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "heatmap-pose": heatmap_pose,
    "movenet": movenet,
    "movenet-of-several-people": movenet_people,
    "simcc": simcc,
}
