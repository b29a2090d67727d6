"""Pictures of a robot arm in a factory hall, with the places of its joints."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.pose.hall import HEIGHT, WIDTH, Canvas, Color, hall, photographed, shade, strong

KEYPOINTS = ("base", "shoulder", "elbow", "wrist", "left finger", "right finger")

PAINTS: tuple[Color, ...] = ((20, 120, 240), (30, 190, 245), (235, 235, 235), (160, 90, 30))
"""Orange, yellow, white and blue, as arms are; others come as well."""

SHIFT = 4
"""Bits of a fraction in OpenCV's coordinates."""

Point = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One picture and the joints of its arm."""

    image: NDArray[np.uint8]
    """[HEIGHT, WIDTH, 3], blue first."""
    keypoints: NDArray[np.float32]
    """[6, 2]: x and y in pixels, in the order of KEYPOINTS."""
    seen: NDArray[np.bool_]
    """[6]: whether it is in the picture and nothing stands before it."""


@dataclass(frozen=True)
class Arm:
    """Where its joints are, how thick it is, and its colors."""

    keypoints: Point
    thick: float
    paint: Color
    dark: Color


def sample(random: np.random.Generator, hidden: float = 0.45) -> Sample:
    """Args:
    hidden: the chance that something stands before the arm.
    """
    canvas, horizon = hall(random)
    arm = _posed(random, horizon)
    _draw(random, canvas, arm)
    before = np.zeros((HEIGHT, WIDTH), np.uint8)
    if random.random() < hidden:
        for _ in range(random.integers(1, 3)):
            _draw_before(random, canvas, before, arm)
    return Sample(
        photographed(random, canvas), arm.keypoints.astype(np.float32), _seen(arm, before)
    )


def _posed(random: np.random.Generator, horizon: int) -> Arm:
    """An arm that stands on the floor, in any pose that stays above it."""
    reach = random.uniform(150, 330)
    upper, hand = reach * random.uniform(0.36, 0.5), reach * random.uniform(0.13, 0.2)
    lower = upper * random.uniform(0.75, 1.1)
    while True:
        base = np.array([random.uniform(60, WIDTH - 60), random.uniform(horizon + 10, HEIGHT - 12)])
        shoulder = base + _at(random.uniform(-6, 6), -reach * random.uniform(0.16, 0.32))
        first = random.uniform(-2.6, -0.5)
        second = first + random.choice([-1, 1]) * random.uniform(0.1, 2.4)
        third = second + random.uniform(-1.3, 1.3)
        elbow = shoulder + upper * _direction(first)
        wrist = elbow + lower * _direction(second)
        opening = random.uniform(0.15, 0.6)
        fingers = [wrist + hand * _direction(third + side * opening) for side in (-1, 1)]
        points = np.stack([base, shoulder, elbow, wrist, *fingers])
        inside = (points > 6).all() and (points < (WIDTH - 6, HEIGHT - 6)).all()
        if inside and points[2:, 1].max() < base[1] - 5:
            break
    paint = PAINTS[random.integers(len(PAINTS))] if random.random() < 0.7 else strong(random)
    paint = tuple(each * random.uniform(0.85, 1.05) for each in paint)
    return Arm(points, reach * random.uniform(0.05, 0.085), paint, shade(random, 25, 75))


def _direction(angle: float) -> Point:
    return np.array([np.cos(angle), np.sin(angle)])


def _draw(random: np.random.Generator, canvas: Canvas, arm: Arm) -> None:
    base, shoulder, elbow, wrist, *fingers = arm.keypoints
    thick = arm.thick
    _shadow(canvas, base, thick)
    for finger in fingers:
        side = np.sign(_cross(finger - wrist, (fingers[0] + fingers[1]) / 2 - wrist))
        knuckle = wrist + 0.55 * (finger - wrist) + side * 0.18 * _left(finger - wrist)
        _limb(canvas, wrist, knuckle, (0.32 * thick, 0.26 * thick), arm.dark)
        _limb(canvas, knuckle, finger, (0.26 * thick, 0.16 * thick), arm.dark)
    _limb(canvas, base - _at(0, 0.6 * thick), shoulder, (1.35 * thick, 0.95 * thick), arm.paint)
    _plate(canvas, base, thick, arm.dark)
    elbow_first = random.random() < 0.5
    if elbow_first:
        _limb(canvas, elbow, wrist, (0.72 * thick, 0.45 * thick), arm.paint)
    _limb(canvas, shoulder, elbow, (0.9 * thick, 0.75 * thick), arm.paint)
    if not elbow_first:
        _limb(canvas, elbow, wrist, (0.72 * thick, 0.45 * thick), arm.paint)
    if random.random() < 0.6:
        _cable(random, canvas, shoulder, elbow, wrist)
    for joint, radius in ((shoulder, 0.95), (elbow, 0.72), (wrist, 0.45)):
        _joint(canvas, joint, radius * thick, arm)


def _limb(
    canvas: Canvas, start: Point, end: Point, radii: tuple[float, float], color: Color
) -> None:
    """A round bar, with a light along its upper side."""
    first, last = radii
    for width, offset, light in ((1.0, 0.0, 0.62), (0.84, -0.06, 0.95), (0.34, -0.36, 1.2)):
        across = _left(end - start)
        across /= np.linalg.norm(across) + 1e-9
        across *= -1 if across[1] > 0 else 1
        tint = tuple(min(255.0, light * each) for each in color)
        ends = [(start - offset * first * across, first), (end - offset * last * across, last)]
        outline = [
            point + sign * width * radius * across
            for sign, pairs in ((1, ends), (-1, ends[::-1]))
            for point, radius in pairs
        ]
        _fill(canvas, outline, tint)
        if width > 0.5:
            for point, radius in ends:
                _disc(canvas, point, width * radius, tint)


def _joint(canvas: Canvas, at: Point, radius: float, arm: Arm) -> None:
    for share, color in (
        (1.08, tuple(0.5 * each for each in arm.paint)),
        (1.0, arm.paint),
        (0.66, arm.dark),
        (0.45, (170.0, 172.0, 175.0)),
        (0.18, arm.dark),
    ):
        _disc(canvas, at, share * radius, color)


def _plate(canvas: Canvas, base: Point, thick: float, color: Color) -> None:
    for top, bottom, light in ((0.25, 0.95, 1.0), (0.25, 0.45, 1.5)):
        corners = [(-2.1, top), (2.1, top), (2.1, bottom), (-2.1, bottom)]
        places = [base + thick * _at(*corner) for corner in corners]
        _fill(canvas, places, tuple(light * each for each in color))


def _shadow(canvas: Canvas, base: Point, thick: float) -> None:
    dark = np.zeros(canvas.shape[:2], np.float32)
    middle = (round(base[0] + thick), round(base[1] + 0.9 * thick))
    cv2.ellipse(dark, middle, (round(4.5 * thick), round(0.7 * thick)), 0, 0, 360, 1.0, -1)
    canvas *= 1 - 0.45 * cv2.GaussianBlur(dark, (0, 0), 0.4 * thick)[:, :, None]


def _cable(
    random: np.random.Generator, canvas: Canvas, shoulder: Point, elbow: Point, wrist: Point
) -> None:
    side = random.choice([-1, 1]) * random.uniform(0.05, 0.25)
    bend = [shoulder, elbow + side * _left(elbow - shoulder), wrist]
    at = np.linspace(0, 1, 20)[:, None]
    curve = (1 - at) ** 2 * bend[0] + 2 * at * (1 - at) * bend[1] + at**2 * bend[2]
    cv2.polylines(canvas, [_fixed(curve)], False, (25, 25, 28), 3, cv2.LINE_AA, SHIFT)


def _draw_before(
    random: np.random.Generator, canvas: Canvas, before: NDArray[np.uint8], arm: Arm
) -> None:
    """A box, a post or a sheet of glass with a frame, near a part of the arm."""
    at = arm.keypoints[random.integers(len(arm.keypoints))] + random.normal(0, 30, 2)
    color = strong(random) if random.random() < 0.4 else shade(random, 30, 220)
    shape = np.zeros((HEIGHT, WIDTH), np.uint8)
    if random.random() < 0.5:
        size = random.uniform(14, 55, 2)
        angle = random.uniform(-0.3, 0.3)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = at + (np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * size) @ turn.T
        cv2.fillPoly(shape, [_fixed(corners)], 1, cv2.LINE_8, SHIFT)
    else:
        lean = random.uniform(-60, 60)
        ends = [(at[0] - lean, -10), (at[0] + lean, HEIGHT + 10)]
        cv2.polylines(
            shape, [_fixed(np.array(ends))], False, 1, int(random.integers(6, 26)), 8, SHIFT
        )
    soft = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), 0.8)[:, :, None]
    grain = 1 + 0.05 * random.standard_normal((HEIGHT, WIDTH, 1), np.float32)
    canvas[:] = canvas * (1 - soft) + np.float32(color) * grain * soft
    before |= shape


def _seen(arm: Arm, before: NDArray[np.uint8]) -> NDArray[np.bool_]:
    columns, rows = arm.keypoints.round().astype(int).T
    return before[rows.clip(0, HEIGHT - 1), columns.clip(0, WIDTH - 1)] == 0


def _at(x: float, y: float) -> Point:
    return np.array([x, y])


def _left(along: Point) -> Point:
    return np.array([-along[1], along[0]])


def _cross(one: Point, other: Point) -> float:
    return float(one[0] * other[1] - one[1] * other[0])


def _fixed(points: Point) -> NDArray[np.int32]:
    return np.round(np.asarray(points) * (1 << SHIFT)).astype(np.int32).reshape(-1, 1, 2)


def _fill(canvas: Canvas, corners: list[Point], color: Color) -> None:
    cv2.fillPoly(canvas, [_fixed(np.array(corners))], color, cv2.LINE_AA, SHIFT)


def _disc(canvas: Canvas, at: Point, radius: float, color: Color) -> None:
    middle = _fixed(at).ravel().tolist()
    cv2.circle(canvas, middle, round(radius * (1 << SHIFT)), color, -1, cv2.LINE_AA, SHIFT)
