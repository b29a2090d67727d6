"""Keypoints of one thing that fills the image."""

from framemesh.modeling.decoders.demand import (
    LISTED,
    SCORED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    chosen_output,
    fixed_count,
    named_output,
    unreadable,
)
from framemesh.modeling.decoders.options import refuse_unheeded
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

PERSON_VALUES = 5
"""Of MoveNet of several people, behind the keypoints: top, left, bottom, right, score."""


def _simcc(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    x = named_output(shapes, "simcc_x", "keypoints,columns", spec.name)
    y = named_output(shapes, "simcc_y", "keypoints,rows", spec.name)
    if x[0] != y[0]:
        raise unreadable(shapes, spec.name, "simcc_x and simcc_y of as many keypoints")
    count = fixed_count(x[0], shapes, spec.name, "keypoints")
    return DecoderBinding({"x": "simcc_x", "y": "simcc_y"}, 1, input_size, detail=_of_one(count))


def _movenet(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    form = "1,keypoints,3"
    name = chosen_output(spec, shapes, form)
    shape = shapes[name]
    if len(shape) == 2 and shape[1] > 3:
        return _people(spec, shapes, name, input_size)
    refuse_unheeded(spec, "max_detections", f"output {name} tells of one person")
    if len(shape) < 2 or shape[-1] != 3 or any(length != 1 for length in shape[:-2]):
        raise unreadable(shapes, spec.name, f"{name} to be [{form}]")
    count = fixed_count(shape[-2], shapes, spec.name, "keypoints")
    return DecoderBinding({"keypoints": name}, 1, input_size, detail=_of_one(count))


def _people(spec: DecoderSpec, shapes: Shapes, name: str, input_size: InputSize) -> DecoderBinding:
    """A row of each person: y, x and score of each keypoint, then the box and its score."""
    count, rest = divmod(shapes[name][1] - PERSON_VALUES, 3)
    if rest or count < 1:
        raise unreadable(shapes, spec.name, f"{name} to be [people,3*keypoints+{PERSON_VALUES}]")
    return DecoderBinding({"people": name}, 1, input_size, detail=DetailSize(keypoints=count))


def _heatmap_pose(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    form = "keypoints,height,width"
    name = chosen_output(spec, shapes, form)
    shape = named_output(shapes, name, form, spec.name)
    count = fixed_count(shape[0], shapes, spec.name, "keypoints")
    return DecoderBinding({"heatmaps": name}, 1, input_size, detail=_of_one(count))


def _of_one(keypoints: int) -> DetailSize:
    return DetailSize(keypoints=keypoints, single=True)


DEMANDS = {
    "simcc": DecoderDemand(_simcc, options=SCORED),
    "movenet": DecoderDemand(_movenet, options=LISTED | {"output"}),
    "heatmap-pose": DecoderDemand(_heatmap_pose, options=SCORED | {"activation", "output"}),
}
