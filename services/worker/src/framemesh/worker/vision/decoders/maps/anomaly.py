"""Anomaly detection: how unusual an image is, and where."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import RasterKind
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.maps import MAP_OUTPUTS, SCORE_OUTPUTS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.checks import PROBABILITY_TOLERANCE
from framemesh.worker.vision.decoders.decoder import (
    Outputs,
    RawDetail,
    RawDetection,
    RawRaster,
)
from framemesh.worker.vision.decoders.maps.plane import plane


class Anomaly:
    """Reads the score of the image and the map of its places, as far as the model has them.

    `low` and `high` of the manifest are the scale of score and map; without them it is 0 to 1, and
    values beyond it are an error of the model.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._threshold = spec.score_threshold
        self._scaled = spec.low is not None or spec.high is not None
        self._low = 0.0 if spec.low is None else spec.low
        self._high = 1.0 if spec.high is None else spec.high
        self._score = _first(SCORE_OUTPUTS, binding)
        self._map = _first(MAP_OUTPUTS, binding)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        # Of a map, the most unusual place is the score of the image, as anomalib has it.
        score = float(self._checked(outputs, self._score).max())
        share = min(1.0, max(0.0, (score - self._low) / (self._high - self._low)))
        if share < self._threshold:
            return []
        return [RawDetection(0, share, None, RawDetail(raster=self._raster(outputs)))]

    def _raster(self, outputs: Outputs) -> RawRaster | None:
        if not self._map:
            return None
        values = np.array(plane(self._checked(outputs, self._map)), np.float32)
        return RawRaster(RasterKind.ANOMALY, values, self._low, self._high)

    def _checked(self, outputs: Outputs, name: str) -> NDArray[Any]:
        values = outputs[name]
        low, high = float(values.min()), float(values.max())
        beyond = low < -PROBABILITY_TOLERANCE or high > 1 + PROBABILITY_TOLERANCE
        if beyond and not self._scaled:
            raise InferenceFailed(
                f"output {name} has values from {low:.4g} to {high:.4g}, beyond 0 to 1: "
                "set decoder.low and decoder.high to the scale of the model"
            )
        return values


def _first(roles: Sequence[str], binding: DecoderBinding) -> str:
    """The tensor of the first of these roles that the model has; empty if it has none."""
    return next((binding.tensors[role] for role in roles if role in binding.tensors), "")
