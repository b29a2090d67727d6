"""How a picture becomes the input of a model: what a manifest says, done anew."""

from dataclasses import dataclass

import cv2
import numpy as np

from framemesh.modeling.manifest import Anchor, Color, Fit, InputSpec, Interpolation, Layout
from tests.model_families.graphs import Values
from tests.model_families.planted import Picture

GREY_OF_BGR = (0.114, 0.587, 0.299)
INTERPOLATION = {
    Interpolation.NEAREST: cv2.INTER_NEAREST,
    Interpolation.LINEAR: cv2.INTER_LINEAR,
    Interpolation.AREA: cv2.INTER_AREA,
    Interpolation.CUBIC: cv2.INTER_CUBIC,
    Interpolation.LANCZOS: cv2.INTER_LANCZOS4,
}


@dataclass(frozen=True)
class Placed:
    """Where a picture lies in a model's input, in pixels of the input."""

    left: int
    top: int
    width: int
    height: int
    input_width: int
    input_height: int

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """A place in pixels of the input, in fractions of the picture."""
        return (x - self.left) / self.width, (y - self.top) / self.height

    def to_input(self, x: Values, y: Values) -> tuple[Values, Values]:
        """Places in fractions of the picture, in fractions of the input."""
        return (
            (self.left + x * self.width) / self.input_width,
            (self.top + y * self.height) / self.input_height,
        )

    def box_to_picture(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float] | None:
        """A box in pixels of the input, in fractions of the picture and clipped to it; None if
        nothing of it is left."""
        sides = np.clip((*self.to_picture(left, top), *self.to_picture(right, bottom)), 0.0, 1.0)
        left, top, right, bottom = map(float, sides)
        return (left, top, right, bottom) if left < right and top < bottom else None


def prepared(spec: InputSpec, image: Picture) -> tuple[Placed, Values]:
    """Where the picture lies in the input, and the input, with a batch of 1."""
    if spec.color is Color.GRAY:
        image = np.rint(image @ np.array(GREY_OF_BGR)).astype(np.uint8)
    placed, pixels = _fitted(spec, image)
    pixels = pixels.reshape(spec.height, spec.width, -1)
    if spec.color is Color.RGB:
        pixels = pixels[..., ::-1]
    mean, std = (np.array(each[: spec.channels]) for each in (spec.mean, spec.std))
    values = (pixels * spec.scale - mean) / std
    if spec.layout is Layout.NCHW:
        values = values.transpose(2, 0, 1)
    return placed, values[np.newaxis].astype(spec.dtype.value)


def _fitted(spec: InputSpec, image: Picture) -> tuple[Placed, Picture]:
    rows, columns = image.shape[:2]
    width, height = spec.width, spec.height
    if spec.fit is Fit.STRETCH:
        return Placed(0, 0, width, height, width, height), _resized(spec, image, width, height)
    if spec.fit is Fit.CENTER_CROP:
        return _cropped(spec, image)
    factor = min(height / rows, width / columns)
    inner_width, inner_height = max(1, round(columns * factor)), max(1, round(rows * factor))
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    if spec.anchor is Anchor.TOP_LEFT:
        left, top = 0, 0
    canvas = np.full((height, width, *image.shape[2:]), spec.fill, np.uint8)
    inside = _resized(spec, image, inner_width, inner_height)
    canvas[top : top + inner_height, left : left + inner_width] = inside
    return Placed(left, top, inner_width, inner_height, width, height), canvas


def _cropped(spec: InputSpec, image: Picture) -> tuple[Placed, Picture]:
    """As torchvision's Resize of the shorter side and CenterCrop, of a square."""
    assert spec.width == spec.height
    rows, columns = image.shape[:2]
    side = spec.short_side or spec.width
    scaled_width = side if columns <= rows else int(side * columns / rows)
    scaled_height = side if rows <= columns else int(side * rows / columns)
    left, top = round((scaled_width - spec.width) / 2), round((scaled_height - spec.height) / 2)
    scaled = _resized(spec, image, scaled_width, scaled_height)
    placed = Placed(-left, -top, scaled_width, scaled_height, spec.width, spec.height)
    return placed, scaled[top : top + spec.height, left : left + spec.width]


def _resized(spec: InputSpec, image: Picture, width: int, height: int) -> Picture:
    scaled = cv2.resize(image, (width, height), interpolation=INTERPOLATION[spec.interpolation])
    return np.asarray(scaled, np.uint8)
