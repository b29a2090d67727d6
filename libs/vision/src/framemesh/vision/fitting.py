"""Scaling an image to the size of a model's input."""

import cv2
import numpy as np

from framemesh.modeling.manifest import Fit, InputSpec, Interpolation
from framemesh.pixels import Prepare, prepare, scaled
from framemesh.vision.arrays import Pixels
from framemesh.vision.placement import Placement, input_size, placement

INTERPOLATION = {
    Interpolation.NEAREST: cv2.INTER_NEAREST,
    Interpolation.LINEAR: cv2.INTER_LINEAR,
    Interpolation.AREA: cv2.INTER_AREA,
    Interpolation.CUBIC: cv2.INTER_CUBIC,
    Interpolation.LANCZOS: cv2.INTER_LANCZOS4,
}

MAX_OUTER = 16
"""Pixels of a scaled image for each pixel of the input that is cut out of it. What is longer, as
the crop of a lamp post, is sampled where the input lies and never scaled as a whole."""


def fitted(spec: InputSpec, image: Pixels, prepare: Prepare = prepare) -> Pixels:
    """`image`, [height, width] or [height, width, 3], in the size of the input."""
    height, width = image.shape[:2]
    place = placement(spec, width, height)
    size = input_size(spec, width, height)
    if place == Placement(0, 0, width, height) and (width, height) == size:
        return image
    if place.width * place.height > MAX_OUTER * spec.width * spec.height:
        return _sampled(spec, image, place)
    inner = _scaled(spec, image, place, prepare)
    if spec.fit is Fit.CENTER_CROP:
        return inner[-place.top :, -place.left :][: spec.height, : spec.width]
    if spec.fit is Fit.LETTERBOX:
        bordered = cv2.copyMakeBorder(
            inner,
            place.top,
            size[1] - place.height - place.top,
            place.left,
            size[0] - place.width - place.left,
            cv2.BORDER_CONSTANT,
            value=(spec.fill, spec.fill, spec.fill),
        )
        return np.asarray(bordered, np.uint8)
    return inner


def _scaled(spec: InputSpec, image: Pixels, place: Placement, prepare: Prepare) -> Pixels:
    if spec.interpolation is Interpolation.AREA:
        return scaled(image, place.width, place.height, prepare)
    size = (place.width, place.height)
    method = INTERPOLATION[spec.interpolation]
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _sampled(spec: InputSpec, image: Pixels, place: Placement) -> Pixels:
    """The part of the image that lies in the input, each pixel where `place` has it."""
    height, width = image.shape[:2]
    across = (np.arange(spec.width) - place.left + 0.5) * width / place.width - 0.5
    down = (np.arange(spec.height) - place.top + 0.5) * height / place.height - 0.5
    left, top = max(0, int(across[0]) - 1), max(0, int(down[0]) - 1)
    part = image[top : int(down[-1]) + 3, left : int(across[-1]) + 3]
    xs, ys = np.meshgrid((across - left).astype(np.float32), (down - top).astype(np.float32))
    sampled = cv2.remap(part, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.uint8)
