"""CenterNet."""

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    named_output,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    heatmap = named_output(shapes, "heatmap", "classes,height,width", "centernet")
    boxes = named_output(shapes, "boxes", "4,height,width", "centernet")
    if boxes != (4, *heatmap[1:]):
        raise unreadable(shapes, "centernet", f"boxes to be {[4, *heatmap[1:]]}")
    classes = fixed_count(heatmap[0], shapes, "centernet", "classes")
    return DecoderBinding({"heatmap": "heatmap", "boxes": "boxes"}, classes, input_size)


DEMANDS = {"centernet": DecoderDemand(_bind, options=SUPPRESSING)}
