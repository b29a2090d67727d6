"""Pictures of parcels on a belt, seen from above, with the places and the words of their codes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.text.labels import Print, label, stencil

WIDTH, HEIGHT = 960, 640
LOWEST, TALLEST = 15, 34
"""Pixels of the letters of a code."""
SHADOW = 24
"""Pixels around a parcel in which its shadow is."""
MOST_TURNED = 7.0
"""Degrees that a parcel lies askew."""

Canvas = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """One picture and the codes in it."""

    image: NDArray[np.uint8]
    """[HEIGHT, WIDTH, 3], blue first."""
    boxes: NDArray[np.float32]
    """[codes, 4]: left, top, right, bottom in pixels."""
    codes: tuple[str, ...]


def parcels(random: np.random.Generator) -> Sample:
    """One to seven parcels on a belt."""
    canvas = _belt(random)
    taken = np.zeros((HEIGHT, WIDTH), bool)
    boxes, codes = [], []
    for _ in range(random.integers(3, 13)):
        placed = _parcel(random, canvas, taken)
        if placed is not None:
            boxes.append(placed[0])
            codes.append(placed[1])
    image = _photographed(random, canvas)
    return Sample(image, np.array(boxes, np.float32).reshape(-1, 4), tuple(codes))


def _belt(random: np.random.Generator) -> Canvas:
    """Rubber with a fine pattern between two rails."""
    shade = random.uniform(35, 110)
    tint = random.uniform(0.9, 1.1, 3)
    rows = np.arange(HEIGHT)[:, None]
    ribs = 5 * np.sin(rows * 2 * np.pi / random.uniform(6, 30)) * np.ones((1, WIDTH))
    grain = cv2.GaussianBlur(
        12 * random.standard_normal((HEIGHT, WIDTH), np.float32), (0, 0), random.uniform(0.7, 3)
    )
    canvas = (shade + ribs + grain).astype(np.float32)[:, :, None] * tint.astype(np.float32)
    rail = int(random.integers(15, 45))
    steel = random.uniform(110, 190)
    for rows in (slice(0, rail), slice(HEIGHT - rail, HEIGHT)):
        light = np.linspace(0.7, 1.15, rail)[:, None, None]
        canvas[rows] = steel * light + random.normal(0, 4, (rail, WIDTH, 1))
        canvas[rows, :: int(random.integers(60, 160))] *= 0.6
    return canvas


def _parcel(
    random: np.random.Generator, canvas: Canvas, taken: NDArray[np.bool_]
) -> tuple[tuple[float, float, float, float], str] | None:
    """Draw a parcel where there is room for it; None where there is not."""
    height = int(random.integers(LOWEST, TALLEST + 1))
    printed = stencil(random, height) if random.random() < 0.25 else label(random, height)
    down, across = printed.image.shape[:2]
    width, length = across + random.uniform(20, 160), down + random.uniform(20, 140)
    angle = random.uniform(-MOST_TURNED, MOST_TURNED)
    turn = cv2.getRotationMatrix2D((0, 0), angle, 1)
    turn[:, 2] = (
        random.uniform(0.45 * width, max(WIDTH - 0.45 * width, WIDTH / 2)),
        random.uniform(0.45 * length, max(HEIGHT - 0.45 * length, HEIGHT / 2)),
    )
    outline = corners(-width / 2, -length / 2, width / 2, length / 2) @ turn.T
    low = np.maximum(outline.min(axis=0).astype(int) - SHADOW, 0)
    high = outline.max(axis=0).astype(int) + SHADOW
    # All that is drawn is drawn in this part of the picture.
    part = np.s_[low[1] : high[1], low[0] : high[0]]
    shape = np.zeros(canvas[part].shape[:2], np.uint8)
    cv2.fillPoly(shape, [(outline - low).round().astype(np.int32)], 1)
    if (shape.astype(bool) & taken[part]).any():
        return None
    place = turn.copy()
    place[:, 2] += turn[:, :2] @ (
        random.uniform(6 - width / 2, width / 2 - across - 6),
        random.uniform(6 - length / 2, length / 2 - down - 6),
    )
    words = corners(*printed.box) @ place.T
    box = (*words.min(axis=0), *words.max(axis=0))
    if min(box) < 4 or box[2] > WIDTH - 4 or box[3] > HEIGHT - 4:
        return None
    taken[part] |= shape.astype(bool)
    place[:, 2] -= low
    _draw_cardboard(random, canvas[part], shape, outline - low)
    _paste(canvas[part], printed, place)
    return box, printed.code


def corners(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    """[4, 3]: with a one, to be multiplied with an affine map."""
    return np.array([(left, top, 1), (right, top, 1), (right, bottom, 1), (left, bottom, 1)], float)


def _draw_cardboard(
    random: np.random.Generator,
    canvas: Canvas,
    shape: NDArray[np.uint8],
    outline: NDArray[np.float64],
) -> None:
    height, width = shape.shape
    shadow = cv2.GaussianBlur(np.roll(shape, (6, 5), (0, 1)).astype(np.float32), (0, 0), 7)
    canvas *= 1 - 0.5 * shadow[:, :, None]
    color = np.array([105, 150, 190] if random.random() < 0.75 else [215, 220, 222])
    color = color * random.uniform(0.7, 1.15) * random.uniform(0.94, 1.06, 3)
    noise = random.standard_normal((height, width), np.float32)
    fibres = cv2.GaussianBlur(noise, (0, 0), sigmaX=6, sigmaY=0.8)
    surface = color.astype(np.float32) * (1 + 0.12 * fibres[:, :, None])
    if random.random() < 0.5:
        tape = np.zeros((height, width), np.float32)
        start = (0.7 * (outline[0] + outline[1]) + 0.3 * (outline[2] + outline[3])) / 2
        along = outline[1] - outline[0]
        first, last = (start - along).astype(int).tolist(), (start + along).astype(int).tolist()
        cv2.line(tape, first, last, 1.0, int(random.integers(12, 28)))
        surface = surface * (1 - 0.22 * tape[:, :, None]) + 12 * tape[:, :, None]
    soft = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), 0.7)[:, :, None]
    canvas[:] = canvas * (1 - soft) + surface * soft


def _paste(canvas: Canvas, printed: Print, place: NDArray[np.float64]) -> None:
    height, width = canvas.shape[:2]
    image = printed.image.astype(np.float32)
    colors = cv2.warpAffine(
        image[:, :, 2::-1].copy(), place, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    cover = cv2.warpAffine(image[:, :, 3] / 255, place, (width, height))[:, :, None]
    canvas[:] = canvas * (1 - cover) + colors * cover


@dataclass(frozen=True)
class CloseUp:
    """A part of such a picture with one code. It is made in a twentieth of the time of a whole."""

    image: NDArray[np.uint8]
    box: tuple[float, ...]
    code: str
    middles: tuple[float, ...]
    """Of each letter, from the left of the picture, in pixels."""


def close_up(random: np.random.Generator) -> CloseUp:
    height = int(random.integers(LOWEST, TALLEST + 1))
    printed = stencil(random, height) if random.random() < 0.25 else label(random, height)
    turn = cv2.getRotationMatrix2D((0, 0), random.uniform(-MOST_TURNED, MOST_TURNED), 1)
    words = corners(*printed.box) @ turn.T
    low, high = words.min(axis=0) - height, words.max(axis=0) + height
    turn[:, 2] -= low
    width, length = np.ceil(high - low).astype(int).tolist()
    canvas = np.zeros((length, width, 3), np.float32)
    around = corners(-width, -length, 2 * width, 2 * length)[:, :2]
    _draw_cardboard(random, canvas, np.ones((length, width), np.uint8), around)
    _paste(canvas, printed, turn)
    box = (*(words.min(axis=0) - low), *(words.max(axis=0) - low))
    row = (printed.box[1] + printed.box[3]) / 2
    middles = [float((turn @ (x, row, 1))[0]) for x in printed.middles]
    return CloseUp(_photographed(random, canvas), box, printed.code, tuple(middles))


def _photographed(random: np.random.Generator, canvas: Canvas) -> NDArray[np.uint8]:
    """Uneven light, some blur, noise and compression, as a camera makes them."""
    height, width = canvas.shape[:2]
    across = np.linspace(-1, 1, width)[None, :, None] * random.uniform(-0.25, 0.25)
    down = np.linspace(-1, 1, height)[:, None, None] * random.uniform(-0.2, 0.2)
    light = (1 + across) * (1 + down) * random.uniform(0.65, 1.15)
    lit = canvas * light.astype(np.float32)
    blurred = cv2.GaussianBlur(lit, (0, 0), random.uniform(0.3, 1.1))
    if random.random() < 0.3:
        length = int(random.integers(2, 6))
        blurred = cv2.blur(blurred, (length, 1))
    noise = random.standard_normal(canvas.shape, np.float32)
    noisy = blurred + np.float32(random.uniform(1, 8)) * noise
    image = np.clip(noisy, 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 96))]
    _, encoded = cv2.imencode(".jpg", image, quality)
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
