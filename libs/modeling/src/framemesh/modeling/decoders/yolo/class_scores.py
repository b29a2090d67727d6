"""YOLOv8 and what follows it (v9, v11, v12, v5u): a column for each place, scores for each class.

Oriented boxes have an angle, poses their keypoints, and segmentation the coefficients of masks
below the scores.
"""

from dataclasses import replace

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
)
from framemesh.modeling.decoders.yolo.outputs import box_table, masked_table
from framemesh.modeling.errors import OptionInvalid
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

BOX_ROWS = 4
"""The centre (2) and the size (2); the classes follow."""


TURNED = "turned table"
"""Of an output [places, values] in place of [values, places]."""

SEGMENTATION_FORM = "4+classes+coefficients,places"


def _yolov8(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    return _single(shapes, input_size, "yolov8", "4+classes,places")


def _oriented(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    binding = _single(shapes, input_size, "yolov8-obb", "4+classes+1,places", 1)
    return replace(binding, detail=DetailSize(corners=4))


def _pose(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if not spec.keypoints:
        raise OptionInvalid(
            "keypoints",
            "decoder yolov8-pose needs the number of keypoints of one thing (17 of a person in "
            "COCO): the outputs do not tell it",
        )
    form = f"4+classes+{spec.keypoints}*{spec.keypoint_values},places"
    extra = spec.keypoints * spec.keypoint_values
    binding = _single(shapes, input_size, "yolov8-pose", form, extra)
    return replace(binding, detail=DetailSize(keypoints=spec.keypoints))


def _segmentation(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, masks = masked_table(shapes, SEGMENTATION_FORM, "yolov8-seg")
    count = fixed_count(shapes[masks][0], shapes, "yolov8-seg", "coefficients")
    role, classes = _table(shapes, name, "yolov8-seg", count)
    tensors = {role: name, "prototypes": masks}
    return DecoderBinding(tensors, classes, input_size, detail=DetailSize(mask=True))


def _single(
    shapes: Shapes, input_size: InputSize, decoder: str, form: str, extra: int = 0
) -> DecoderBinding:
    name = box_table(shapes, form, decoder)
    role, classes = _table(shapes, name, decoder, extra)
    return DecoderBinding({role: name}, classes, input_size)


def _table(shapes: Shapes, name: str, decoder: str, extra: int) -> tuple[str, int]:
    """What the table is read as, and its number of classes.

    Some exporters turn it: there are always more places than values of each, so its sides tell.
    """
    rows, places = shapes[name]
    turned = 0 <= places < rows
    values = places if turned else rows
    classes = fixed_count(values - BOX_ROWS - extra, shapes, decoder, "classes")
    return TURNED if turned else "table", classes


DEMANDS = {
    "yolov8": DecoderDemand(_yolov8, options=SUPPRESSING),
    "yolov8-obb": DecoderDemand(_oriented, options=SUPPRESSING),
    "yolov8-pose": DecoderDemand(_pose, options=SUPPRESSING | {"keypoints", "keypoint_values"}),
    "yolov8-seg": DecoderDemand(_segmentation, options=SUPPRESSING),
}
