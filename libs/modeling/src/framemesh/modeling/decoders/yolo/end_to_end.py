"""YOLOs that choose their boxes themselves, with or without a suppression in the graph: YOLOv10,
YOLO26, and exports with `nms`."""

from framemesh.modeling.decoders.demand import (
    LISTED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    unreadable,
)
from framemesh.modeling.decoders.yolo.outputs import box_table, masked_table, prototypes
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

BOX_COLUMNS = 6
"""Left, top, right, bottom, score, class."""
ORIENTED_COLUMNS = 7
"""Centre (2), size (2), score, class, angle."""

DECODER = "yolo-end2end"


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if prototypes(shapes):
        return _segmentation(shapes, input_size)
    name = box_table(shapes, "rows,6", DECODER)
    columns = shapes[name][1]
    extra = spec.keypoints * spec.keypoint_values
    if spec.keypoints and columns != BOX_COLUMNS + extra:
        raise unreadable(
            shapes,
            DECODER,
            f"{name} to be [rows,{BOX_COLUMNS + extra}] for the {spec.keypoints} keypoints of "
            f"{spec.keypoint_values} values in decoder.keypoints",
        )
    if not spec.keypoints and columns not in (BOX_COLUMNS, ORIENTED_COLUMNS):
        raise unreadable(
            shapes,
            DECODER,
            f"{name} to be [rows,6], [rows,7] (oriented boxes), or [rows,6+keypoints] with "
            "decoder.keypoints set",
        )
    role = "oriented" if not spec.keypoints and columns == ORIENTED_COLUMNS else "rows"
    detail = DetailSize(corners=4 if role == "oriented" else 0, keypoints=spec.keypoints)
    return DecoderBinding({role: name}, None, input_size, detail=detail)


def _segmentation(shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, masks = masked_table(shapes, "rows,6+coefficients", DECODER)
    count = fixed_count(shapes[masks][0], shapes, DECODER, "coefficients")
    if shapes[name][1] != BOX_COLUMNS + count:
        raise unreadable(shapes, DECODER, f"{name} to be [rows,{BOX_COLUMNS + count}]")
    tensors = {"rows": name, "prototypes": masks}
    return DecoderBinding(tensors, None, input_size, detail=DetailSize(mask=True))


DEMANDS = {DECODER: DecoderDemand(_bind, options=LISTED | {"keypoints", "keypoint_values"})}
