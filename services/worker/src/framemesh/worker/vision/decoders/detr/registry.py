"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder
from framemesh.worker.vision.decoders.detr.probabilities import ProbabilityQueries
from framemesh.worker.vision.decoders.detr.queries import SigmoidQueries, SoftmaxQueries
from framemesh.worker.vision.decoders.detr.ranked import RankedQueries

DECODERS: Mapping[str, MakeDecoder] = {
    "detr": SoftmaxQueries,
    "rf-detr": SigmoidQueries,
    "rt-detr": RankedQueries,
    "rt-detr-logits": SigmoidQueries,
    "rt-detr-ultralytics": ProbabilityQueries,
}
