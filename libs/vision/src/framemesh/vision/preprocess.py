"""How an image becomes the input of a model, as the model's manifest says."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import Color, DType, Fit, InputSpec, Interpolation, Layout
from framemesh.pixels import Form, Prepare, prepare
from framemesh.vision.arrays import Input, Pixels
from framemesh.vision.fitting import INTERPOLATION, fitted
from framemesh.vision.placement import input_size, projection
from framemesh.vision.projection import Projection

PLAIN = (DType.UINT8, DType.INT32)
"""Types in which a pixel is its own value."""


CHANNEL_AXIS = {Layout.NHWC: -1, Layout.NCHW: 0}


class Preprocessor:
    """Writes images into the inputs of one model. Any number of threads may use it at once."""

    def __init__(self, spec: InputSpec, prepare: Prepare = prepare) -> None:
        """`prepare`: an implementation of the last step, for who compares them."""
        self._spec = spec
        self._prepare = prepare
        self._form = Form(
            planar=spec.layout is Layout.NCHW,
            swapped=spec.color is Color.RGB,
            values=None if spec.dtype in PLAIN else _values(spec),
        )
        self._written = np.dtype(np.uint8 if spec.dtype in PLAIN else np.float32)

    def write(self, image: Pixels, out: Input) -> None:
        """Write `image` into `out`, which has the shape and type of one input."""
        spec = self._spec
        if spec.color is Color.GRAY:
            image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
            out = out if spec.layout is Layout.NHW else out.squeeze(CHANNEL_AXIS[spec.layout])
        if self._is_interpolated_bytes:
            # The usual input of our own models, without a pass over memory that can be spared.
            size = (spec.width, spec.height)
            cv2.resize(image, size, dst=out, interpolation=INTERPOLATION[spec.interpolation])
            return
        if not self._is_area_alone:
            image = fitted(spec, image, self._prepare)
        written = out if out.dtype == self._written else np.empty(out.shape, self._written)
        self._prepare(image, written, self._form)
        if written is not out:
            out[...] = written

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

    @property
    def _is_area_alone(self) -> bool:
        """Whether scaling is what the last step does anyway."""
        spec = self._spec
        stretched = spec.fit is Fit.STRETCH and not spec.multiple_of
        return stretched and spec.interpolation is Interpolation.AREA

    @property
    def _is_interpolated_bytes(self) -> bool:
        spec = self._spec
        plain = spec.dtype is DType.UINT8 and spec.layout is Layout.NHWC and spec.color is Color.BGR
        return plain and spec.fit is Fit.STRETCH and spec.interpolation is not Interpolation.AREA


def _values(spec: InputSpec) -> NDArray[np.float32]:
    """[channels, 256]: the value of every pixel in every channel of the input.

    A pixel has 256 values, so the arithmetic is done once, exactly; an image is a look-up.
    """
    pixels = np.arange(256, dtype=np.float64)
    mean, std = (np.array(spec.per_channel(values))[:, None] for values in (spec.mean, spec.std))
    return np.ascontiguousarray((pixels * spec.scale - mean) / std, np.float32)
