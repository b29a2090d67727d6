"""How an image becomes the input of a model, as the model's manifest says."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import Color, DType, Fit, InputSpec, Layout
from framemesh.vision.arrays import Input, Pixels
from framemesh.vision.fitting import INTERPOLATION, fitted
from framemesh.vision.placement import input_size, projection
from framemesh.vision.projection import Projection

PLAIN = (DType.UINT8, DType.INT32)
"""Types in which a pixel is its own value."""


CHANNEL_AXIS = {Layout.NHWC: -1, Layout.NCHW: 0}


class Preprocessor:
    """Writes images into the inputs of one model. Any number of threads may use it at once."""

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        self._values = _values(spec)
        self._planes = [np.ascontiguousarray(self._values[:, :, c]) for c in range(spec.channels)]

    def write(self, image: Pixels, out: Input) -> None:
        """Write `image` into `out`, which has the shape and type of one input."""
        spec = self._spec
        if spec.color is Color.GRAY:
            grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
            plane = out if spec.layout is Layout.NHW else out.squeeze(CHANNEL_AXIS[spec.layout])
            self._put(fitted(spec, grey), self._planes[0], plane)
        elif spec.layout is Layout.NCHW:
            inside = fitted(spec, image)
            for channel in range(3):
                plane = np.asarray(cv2.extractChannel(inside, self._source(channel)), np.uint8)
                self._put(plane, self._planes[channel], out[channel])
        elif spec.dtype is DType.UINT8:
            self._colored(image, out)
        else:
            inside = fitted(spec, image)
            if spec.color is Color.RGB:
                inside = np.asarray(cv2.cvtColor(inside, cv2.COLOR_BGR2RGB), np.uint8)
            self._put(inside, self._values, out)

    @property
    def sizes_differ(self) -> bool:
        """Whether the size of the input follows the image."""
        return self._spec.multiple_of > 0

    def size(self, width: int, height: int) -> InputSize:
        """Of the input for an image of this size."""
        return InputSize(*input_size(self._spec, width, height))

    def shape(self, size: InputSize) -> tuple[int, ...]:
        """Of an input of this size."""
        return self._spec.shape_of(size.width, size.height)

    def projection(self, width: int, height: int) -> Projection:
        """Where an image of this size lies in the input."""
        return projection(self._spec, width, height)

    def _put(self, pixels: Pixels, values: NDArray[np.float32], out: Input) -> None:
        """Write the value of each pixel."""
        if self._spec.dtype in PLAIN:
            out[...] = pixels
        elif self._spec.dtype is DType.FLOAT32:
            cv2.LUT(pixels, values, dst=out)
        else:
            out[...] = cv2.LUT(pixels, values)

    def _source(self, channel: int) -> int:
        """The channel of a decoded image (blue first) that channel of the input shows."""
        return 2 - channel if self._spec.color is Color.RGB else channel

    def _colored(self, image: Pixels, out: Input) -> None:
        """The usual input of our own models, without a pass over memory that can be spared."""
        spec = self._spec
        if spec.color is Color.RGB:
            cv2.cvtColor(fitted(spec, image), cv2.COLOR_BGR2RGB, dst=out)
        elif spec.fit is Fit.STRETCH:
            size = (spec.width, spec.height)
            cv2.resize(image, size, dst=out, interpolation=INTERPOLATION[spec.interpolation])
        else:
            out[...] = fitted(spec, image)


def _values(spec: InputSpec) -> NDArray[np.float32]:
    """[256, 1, channels]: the value of every pixel in every channel of the input.

    A pixel has 256 values, so the arithmetic is done once, exactly; an image is a look-up.
    """
    pixels = np.arange(256, dtype=np.float64).reshape(256, 1, 1)
    mean, std = (np.array(spec.per_channel(values)) for values in (spec.mean, spec.std))
    return np.ascontiguousarray((pixels * spec.scale - mean) / std, np.float32)
