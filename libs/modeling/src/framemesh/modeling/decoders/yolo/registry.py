"""What the decoders of this folder demand."""

from collections.abc import Mapping

from framemesh.modeling.decoders.demand import DecoderDemand
from framemesh.modeling.decoders.yolo import class_scores, end_to_end, nas, objectness

DEMANDS: Mapping[str, DecoderDemand] = {
    **class_scores.DEMANDS,
    **end_to_end.DEMANDS,
    **nas.DEMANDS,
    **objectness.DEMANDS,
}
