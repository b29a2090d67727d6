"""The DETR families."""

from collections.abc import Mapping

from framemesh.modeling.decoders.demand import DecoderDemand

DEMANDS: Mapping[str, DecoderDemand] = {}
