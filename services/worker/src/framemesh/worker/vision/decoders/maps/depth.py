"""Depth, or its inverse: how far away each place is."""

import numpy as np

from framemesh.core.detection import RasterKind
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import (
    Outputs,
    RawDetail,
    RawDetection,
    RawRaster,
)
from framemesh.worker.vision.decoders.maps.plane import plane


class Depth:
    """Reads one map, in the model's own unit; its scale goes from the least to the greatest value
    of the frame, or from `low` to `high` of the manifest."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._low, self._high = spec.low, spec.high
        self._map = binding.tensors["map"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        values = np.array(plane(outputs[self._map]), np.float32)
        low = float(values.min()) if self._low is None else self._low
        high = float(values.max()) if self._high is None else self._high
        raster = RawRaster(RasterKind.DEPTH, values, low, high)
        return [RawDetection(0, 1.0, None, RawDetail(raster=raster))]
