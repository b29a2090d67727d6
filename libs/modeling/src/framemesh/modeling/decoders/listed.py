"""Detectors whose graph ends with the suppression: lists of boxes."""

from collections.abc import Mapping

from framemesh.modeling.decoders.demand import DecoderDemand

DEMANDS: Mapping[str, DecoderDemand] = {}
