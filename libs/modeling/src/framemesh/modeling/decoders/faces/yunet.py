"""YuNet: faces with five keypoints, of three grids."""

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    named_output,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

STRIDES = (8, 16, 32)
"""Pixels of the input between the places of a grid."""

KEYPOINTS = 5

COLUMNS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""Of each kind of output."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if input_size.width % STRIDES[-1] or input_size.height % STRIDES[-1]:
        raise unreadable(shapes, "yunet", f"an input whose sides are multiples of {STRIDES[-1]}")
    tensors = {}
    for kind, columns in COLUMNS.items():
        for stride in STRIDES:
            name = f"{kind}_{stride}"
            places = (input_size.width // stride) * (input_size.height // stride)
            shape = named_output(shapes, name, "places,columns", "yunet")
            if shape[1] != columns or shape[0] not in (places, -1):
                raise unreadable(
                    shapes,
                    "yunet",
                    f"{name} to be [{places},{columns}] for an input of {input_size.width} x "
                    f"{input_size.height}",
                )
            tensors[name] = name
    return DecoderBinding(tensors, 1, input_size, detail=DetailSize(keypoints=KEYPOINTS))


DEMANDS = {"yunet": DecoderDemand(_bind, options=SUPPRESSING - {"agnostic"})}
