"""Families that tell of each place whether there is anything at all: YOLOv5, v6, v7 and YOLOX."""

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    unreadable,
)
from framemesh.modeling.decoders.yolo.outputs import box_table, masked_table
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

FORM = "places,5+classes"
MASKED_FORM = "places,5+classes+coefficients"
BOX_COLUMNS = 5
"""The centre (2), the size (2), whether there is something; the classes follow."""

YOLOX_STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Pixels from one cell to the next in each grid of a YOLOX; the first that fits is taken."""


def _yolov5(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    return _bind(shapes, input_size, "yolov5")


def _segmentation(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, masks = masked_table(shapes, MASKED_FORM, "yolov5-seg")
    coefficients = fixed_count(shapes[masks][0], shapes, "yolov5-seg", "coefficients")
    classes = _classes(shapes, name, "yolov5-seg", MASKED_FORM, coefficients)
    tensors = {"table": name, "prototypes": masks}
    return DecoderBinding(tensors, classes, input_size, detail=DetailSize(mask=True))


def _yolox(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    binding = _bind(shapes, input_size, "yolox")
    places = shapes[binding.tensors["table"]][0]
    if places >= 0 and yolox_strides(input_size, places) is None:
        usual = _cells(input_size, YOLOX_STRIDES[0])
        raise unreadable(
            shapes,
            "yolox",
            f"{usual} places for its input of {input_size.width} x {input_size.height} (strides 8, "
            "16, 32)",
        )
    return binding


def yolox_strides(size: InputSize, places: int) -> tuple[int, ...] | None:
    """Of the grids that have so many cells together; None if there are no such grids."""
    return next((some for some in YOLOX_STRIDES if _cells(size, some) == places), None)


def _cells(size: InputSize, strides: tuple[int, ...]) -> int:
    return sum((size.width // stride) * (size.height // stride) for stride in strides)


def _bind(shapes: Shapes, input_size: InputSize, decoder: str) -> DecoderBinding:
    name = box_table(shapes, FORM, decoder)
    classes = _classes(shapes, name, decoder, FORM, 0)
    return DecoderBinding({"table": name}, classes, input_size)


def _classes(shapes: Shapes, name: str, decoder: str, form: str, coefficients: int) -> int:
    places, columns = shapes[name]
    classes = fixed_count(columns - BOX_COLUMNS - coefficients, shapes, decoder, "classes")
    if 0 <= places < columns:
        raise unreadable(shapes, decoder, f"more places than columns in {name} [{form}]")
    return classes


DEMANDS = {
    "yolov5": DecoderDemand(_yolov5, options=SUPPRESSING),
    "yolov5-seg": DecoderDemand(_segmentation, options=SUPPRESSING),
    "yolox": DecoderDemand(_yolox, options=SUPPRESSING),
}
