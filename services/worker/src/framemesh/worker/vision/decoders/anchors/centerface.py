"""CenterFace: a heat map with a peak at the centre of each face."""

from functools import partial

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.faces.centerface import CHANNELS, STRIDE
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors.grid import keypoint_details
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection, sides_differ
from framemesh.worker.vision.decoders.geometry import as_floats, fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections

X_FIRST = np.arange(10).reshape(5, 2)[:, ::-1].reshape(-1)
"""The columns of y, x, y, x, ... in the order of x, y, x, y, ..."""


class CenterFace:
    """Reads `heatmap` [1, height, width] of probabilities; `scale` [2, height, width], logarithms
    of a face's height and width in strides; `offset` [2, height, width], y and x of its centre from
    the place, in strides; `landmarks` [10, height, width], y and x of five keypoints in heights and
    widths of the face from its upper left."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._names = [binding.tensors[kind] for kind in CHANNELS]
        self._size = binding.input_size

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        maps = [as_floats(outputs[name]) for name in self._names]
        for name, values in zip(self._names, maps, strict=True):
            if values.shape[1:] != maps[0].shape[1:]:
                raise sides_differ((self._names[0], maps[0]), (name, values))
        check_probabilities(self._names[0], maps[0])
        rows, columns = np.nonzero(sufficient(maps[0][0], self._spec))
        scores, scale, offset, landmarks = (values[:, rows, columns].T for values in maps)
        corners = self._corners(np.stack([columns, rows], axis=1), scale, offset)
        sizes = np.exp(scale[:, ::-1]) * STRIDE
        keypoints = np.tile(corners[:, :2], 5) + landmarks[:, X_FIRST] * np.tile(sizes, 5)
        details = partial(keypoint_details, fractions_of_pixels(keypoints, self._size))
        fractions = fractions_of_pixels(corners, self._size)
        classes = np.zeros(len(rows), np.intp)
        return select_detections(fractions, scores[:, 0], classes, self._spec, details)

    def _corners(self, places: Array, scale: Array, offset: Array) -> Array:
        """[n, 4] in pixels. As the authors have it, a face that begins before the input is moved
        into it, not cut off."""
        limits = np.array([self._size.width, self._size.height])
        sizes = np.exp(scale[:, ::-1]) * STRIDE
        first = (places + offset[:, ::-1] + 0.5) * STRIDE - sizes / 2
        first = np.clip(first, 0, limits)
        return np.concatenate([first, np.minimum(first + sizes, limits)], axis=1)
