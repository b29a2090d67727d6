"""Decoders of a value for each place: classes, anomalies, depth."""

from collections.abc import Mapping

from framemesh.modeling.decoders.demand import DecoderDemand

DEMANDS: Mapping[str, DecoderDemand] = {}
