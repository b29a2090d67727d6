"""Embeddings: a vector that is near those of similar images."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetail, RawDetection


class Embedding:
    """Reads one vector, [numbers] or [numbers, 1, 1]; `normalize` scales it to length 1."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._normalize = spec.normalize
        self._vector = binding.tensors["vector"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        vector = outputs[self._vector].reshape(-1).astype(np.float64)
        if self._normalize:
            length = float(np.linalg.norm(vector))
            if not length:
                raise InferenceFailed(
                    f"output {self._vector} is 0 everywhere, which has no direction: the model "
                    "tells nothing of this image"
                )
            vector /= length
        return [RawDetection(0, 1.0, None, RawDetail(embedding=tuple(vector.tolist())))]
