"""The decoders of this folder."""

from collections.abc import Mapping

from framemesh.worker.vision.decoders.decoder import MakeDecoder

DECODERS: Mapping[str, MakeDecoder] = {}
