"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder
from framemesh.worker.vision.decoders.vectors.classification import Classification
from framemesh.worker.vision.decoders.vectors.ctc import Ctc
from framemesh.worker.vision.decoders.vectors.embedding import Embedding
from framemesh.worker.vision.decoders.vectors.heatmap_pose import HeatmapPose
from framemesh.worker.vision.decoders.vectors.movenet import movenet
from framemesh.worker.vision.decoders.vectors.simcc import Simcc

DECODERS: Mapping[str, MakeDecoder] = {
    "classification": Classification,
    "ctc": Ctc,
    "embedding": Embedding,
    "heatmap-pose": HeatmapPose,
    "movenet": movenet,
    # Its activation takes each score for itself: modeling sees to that.
    "multi-label": Classification,
    "simcc": Simcc,
}
