"""How an image becomes the input of a model, as the model's manifest says."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.manifest import Color, DType, Fit, InputSpec, Interpolation, Layout
from framemesh.worker.triton.tensor_arena import Input
from framemesh.worker.vision.decoding import Pixels
from framemesh.worker.vision.projection import STRETCHED, Projection

GREY = 114
"""Fills the bars of a letterbox: the grey that YOLO trains with, near the mean of an image."""

_INTERPOLATION = {
    Interpolation.AREA: cv2.INTER_AREA,
    Interpolation.LINEAR: cv2.INTER_LINEAR,
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the image lies in the model's input, in pixels of the input."""

    left: int
    top: int
    width: int
    height: int


class Preprocessor:
    """Writes images into the inputs of one model. Any number of threads may use it at once."""

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        self._interpolation = _INTERPOLATION[spec.interpolation]
        self._values = _values(spec)
        self._planes = [np.ascontiguousarray(self._values[:, :, c]) for c in range(3)]

    def write(self, image: Pixels, out: Input) -> None:
        """Write `image` into `out`, which has the shape and type of one input."""
        spec = self._spec
        plain = spec.dtype is DType.UINT8
        if plain and spec.layout is Layout.NHWC:
            self._colored(image, out)
            return
        fitted = self._fitted(image)
        if spec.layout is Layout.NHWC:
            if spec.color is Color.RGB:
                fitted = np.asarray(cv2.cvtColor(fitted, cv2.COLOR_BGR2RGB), np.uint8)
            cv2.LUT(fitted, self._values, dst=out)
            return
        for channel in range(3):
            plane = cv2.extractChannel(fitted, self._source(channel))
            if plain:
                out[channel] = plane
            else:
                cv2.LUT(plane, self._planes[channel], dst=out[channel])

    def placement(self, width: int, height: int) -> Placement:
        """Where an image of this size is placed in the input."""
        spec = self._spec
        if spec.fit is Fit.STRETCH:
            return Placement(0, 0, spec.width, spec.height)
        factor = min(spec.width / width, spec.height / height)
        inner_width = min(spec.width, max(1, round(width * factor)))
        inner_height = min(spec.height, max(1, round(height * factor)))
        return Placement(
            (spec.width - inner_width) // 2,
            (spec.height - inner_height) // 2,
            inner_width,
            inner_height,
        )

    def projection(self, width: int, height: int) -> Projection:
        """Where an image of this size lies in the input."""
        if self._spec.fit is Fit.STRETCH:
            return STRETCHED
        place, spec = self.placement(width, height), self._spec
        return Projection(
            place.left / spec.width,
            place.top / spec.height,
            place.width / spec.width,
            place.height / spec.height,
        )

    def _source(self, channel: int) -> int:
        """The channel of a decoded image (blue first) that channel of the input shows."""
        return 2 - channel if self._spec.color is Color.RGB else channel

    def _colored(self, image: Pixels, out: Input) -> None:
        """The usual input of our own models, without a pass over memory that can be spared."""
        if self._spec.color is Color.RGB:
            cv2.cvtColor(self._fitted(image), cv2.COLOR_BGR2RGB, dst=out)
        elif self._spec.fit is Fit.STRETCH:
            size = (self._spec.width, self._spec.height)
            cv2.resize(image, size, dst=out, interpolation=self._interpolation)
        else:
            out[...] = self._fitted(image)

    def _fitted(self, image: Pixels) -> Pixels:
        spec = self._spec
        height, width = image.shape[:2]
        if (width, height) == (spec.width, spec.height):
            return image
        place = self.placement(width, height)
        scaled = cv2.resize(image, (place.width, place.height), interpolation=self._interpolation)
        if spec.fit is Fit.LETTERBOX:
            scaled = cv2.copyMakeBorder(
                scaled,
                place.top,
                spec.height - place.height - place.top,
                place.left,
                spec.width - place.width - place.left,
                cv2.BORDER_CONSTANT,
                value=(GREY, GREY, GREY),
            )
        return np.asarray(scaled, np.uint8)


def _values(spec: InputSpec) -> NDArray[np.float32]:
    """[256, 1, 3]: the value of every pixel in every channel of the input.

    A pixel has 256 values, so the arithmetic is done once, exactly; an image is a look-up.
    """
    pixels = np.arange(256, dtype=np.float64).reshape(256, 1, 1)
    values = (pixels * spec.scale - np.array(spec.mean)) / np.array(spec.std)
    return np.ascontiguousarray(values, np.float32)
