"""Keypoints of one thing that fills the image."""

from framemesh.modeling.decoders.demand import (
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
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize


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
    if len(shape) < 2 or shape[-1] != 3 or any(length != 1 for length in shape[:-2]):
        raise unreadable(shapes, spec.name, f"{name} to be [{form}]")
    count = fixed_count(shape[-2], shapes, spec.name, "keypoints")
    return DecoderBinding({"keypoints": name}, 1, input_size, detail=_of_one(count))


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
    "movenet": DecoderDemand(_movenet, options=SCORED | {"output"}),
    "heatmap-pose": DecoderDemand(_heatmap_pose, options=SCORED | {"activation", "output"}),
}
