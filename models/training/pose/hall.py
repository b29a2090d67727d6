"""A factory hall, to stand behind and in front of an arm."""

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480

Canvas = NDArray[np.float32]
Color = tuple[float, ...]

HAZARD = ((20, 20, 20), (40, 190, 235))
"""Black and yellow, blue first."""


def hall(random: np.random.Generator) -> tuple[Canvas, int]:
    """A wall with things before it, and a floor; and the row where the floor begins."""
    horizon = int(random.integers(250, 390))
    canvas = np.empty((HEIGHT, WIDTH, 3), np.float32)
    canvas[:horizon] = shade(random, 70, 215)
    canvas[horizon:] = shade(random, 60, 170)
    _panels(random, canvas, horizon)
    for _ in range(random.integers(3, 14)):
        _thing(random, canvas, horizon)
    if random.random() < 0.6:
        _stripes(random, canvas, horizon + int(random.integers(8, 60)))
    # The wall is far away: it is less sharp than the arm.
    canvas = cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.8, 3.5))
    return canvas.astype(np.float32), horizon


def shade(random: np.random.Generator, low: float, high: float, tint: float = 0.12) -> Color:
    """A grey with a little color."""
    grey = random.uniform(low, high)
    return tuple(float(each) for each in grey * random.uniform(1 - tint, 1 + tint, 3))


def strong(random: np.random.Generator) -> Color:
    """A color of any hue."""
    hue = random.integers(0, 180)
    pixel = np.array([[[hue, random.integers(90, 255), random.integers(90, 255)]]], np.uint8)
    return tuple(float(each) for each in cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0])


def _panels(random: np.random.Generator, canvas: Canvas, horizon: int) -> None:
    step = int(random.integers(50, 180))
    for x in range(int(random.integers(0, step)), WIDTH, step):
        canvas[:horizon, x : x + 2] *= 0.8
    for y in np.geomspace(horizon, HEIGHT, int(random.integers(2, 7))).astype(int):
        canvas[y : y + 2] *= 0.87
    fall = np.linspace(0.75, 1.1, horizon)[:, None, None]
    canvas[:horizon] *= fall.astype(np.float32)


def _thing(random: np.random.Generator, canvas: Canvas, horizon: int) -> None:
    """A cabinet, a window, a pipe, a lamp or a fence."""
    x, y = int(random.integers(-40, WIDTH)), int(random.integers(-20, horizon))
    color = strong(random) if random.random() < 0.35 else shade(random, 30, 235)
    kind = random.integers(0, 5)
    if kind <= 1:
        corner = x + int(random.integers(30, 170)), y + int(random.integers(30, 220))
        cv2.rectangle(canvas, (x, y), corner, color, -1)
        dark = tuple(0.7 * each for each in color)
        cv2.rectangle(canvas, (x, y), corner, dark, 2)
        if random.random() < 0.6:
            inner = x + 12, y + 10
            cv2.rectangle(
                canvas, inner, (corner[0] - 12, inner[1] + 14), shade(random, 20, 240), -1
            )
    elif kind == 2:
        end = x + int(random.integers(-260, 260)), y + int(random.integers(-160, 160))
        cv2.line(canvas, (x, y), end, color, int(random.integers(3, 22)), cv2.LINE_AA)
    elif kind == 3:
        cv2.circle(canvas, (x, y), int(random.integers(6, 36)), color, -1, cv2.LINE_AA)
    else:
        for at in range(x, x + int(random.integers(60, 260)), int(random.integers(8, 22))):
            cv2.line(canvas, (at, y), (at, y + 130), color, 1)


def _stripes(random: np.random.Generator, canvas: Canvas, top: int) -> None:
    bottom, step = top + int(random.integers(6, 16)), int(random.integers(14, 40))
    for number, x in enumerate(range(-40, WIDTH + 40, step)):
        corners = [(x, bottom), (x + step, bottom), (x + step + 12, top), (x + 12, top)]
        cv2.fillPoly(canvas, [np.array(corners, np.int32)], HAZARD[number % 2])


def photographed(random: np.random.Generator, canvas: Canvas) -> NDArray[np.uint8]:
    """Uneven light, some blur, noise and compression, as a camera makes them."""
    across = np.linspace(-1, 1, WIDTH)[None, :, None] * random.uniform(-0.3, 0.3)
    down = np.linspace(-1, 1, HEIGHT)[:, None, None] * random.uniform(-0.2, 0.2)
    light = (1 + across) * (1 + down) * random.uniform(0.6, 1.2)
    blurred = cv2.GaussianBlur(canvas * light.astype(np.float32), (0, 0), random.uniform(0.4, 1.3))
    noise = random.standard_normal(canvas.shape, np.float32)
    noisy = blurred + np.float32(random.uniform(1, 9)) * noise
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 96))]
    _, encoded = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
