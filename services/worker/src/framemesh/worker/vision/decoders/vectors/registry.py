"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder
from framemesh.worker.vision.decoders.vectors.classification import Classification

DECODERS: Mapping[str, MakeDecoder] = {"classification": Classification}
