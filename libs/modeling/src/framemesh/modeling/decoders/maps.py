"""Decoders of a value for each place: classes, anomalies, depth."""

from framemesh.modeling.decoders.demand import (
    SCORED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    chosen_output,
    unreadable,
)
from framemesh.modeling.decoders.options import refuse_unheeded
from framemesh.modeling.errors import ModelInvalid, OptionInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec
from framemesh.modeling.result_size import DetailSize

MAX_MAP_CLASSES = 256
"""A cell of a raster is one byte."""

RASTER = DetailSize(raster=True, single=True)

SCORE_OUTPUTS = ("pred_score", "anomaly_map", "pred_label", "pred_mask")
MAP_OUTPUTS = ("anomaly_map", "pred_mask")
"""As anomalib 2 names them, the one that tells most first; a model may have any of them."""


def _semantic(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """Scores [classes, height, width], or one map that the activation tells the meaning of."""
    form = "classes,height,width"
    name = chosen_output(spec, shapes, form)
    shape = shapes[name]
    if not is_map(shape) and len(shape) != 3:
        raise unreadable(shapes, spec.name, f"{name} to be [{form}] or [height,width]")
    classes = 1 if is_map(shape) else shape[0]
    if classes < 1:
        raise unreadable(shapes, spec.name, "a fixed number of classes")
    if classes > MAX_MAP_CLASSES:
        raise ModelInvalid(
            f"output {name} {list(shape)} has {classes} classes, over the {MAX_MAP_CLASSES} that a "
            "result holds: export the model with fewer"
        )
    tensors = {"map": name}
    if classes > 1 or spec.activation is Activation.AUTO:
        refuse_unheeded(
            spec, "score_threshold", "each place has its best class, whatever its score"
        )
    if classes > 1:
        return DecoderBinding(tensors, classes, input_size, detail=RASTER)
    if spec.activation is Activation.AUTO:
        # The number of a class at each place; how many there are is nowhere in the file.
        return DecoderBinding(
            tensors, None, input_size, most_classes=MAX_MAP_CLASSES, detail=RASTER
        )
    return DecoderBinding(tensors, 2, input_size, detail=RASTER)


def _anomaly(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    names = [
        next((name for name in known if name in shapes), None)
        for known in (SCORE_OUTPUTS, MAP_OUTPUTS)
    ]
    tensors = {name: name for name in names if name}
    if not tensors:
        tensors = {"anomaly_map": chosen_output(spec, shapes, "height,width")}
    for role in MAP_OUTPUTS:
        if role in tensors and not is_map(shapes[tensors[role]]):
            raise unreadable(shapes, spec.name, f"{tensors[role]} to be [height,width]")
    _check_scale(spec)
    return DecoderBinding(tensors, 1, input_size, detail=RASTER)


def _depth(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name = chosen_output(spec, shapes, "height,width")
    if not is_map(shapes[name]):
        raise unreadable(shapes, spec.name, f"{name} to be [height,width]")
    _check_scale(spec)
    return DecoderBinding({"map": name}, 1, input_size, detail=RASTER)


def is_map(shape: tuple[int, ...]) -> bool:
    """Whether there is one value a place: [height,width], perhaps behind dimensions of 1."""
    return len(shape) >= 2 and all(length == 1 for length in shape[:-2])


def _check_scale(spec: DecoderSpec) -> None:
    if spec.low is not None and spec.high is not None and spec.low >= spec.high:
        raise OptionInvalid(
            "high", f"it is {spec.high:g} and decoder.low {spec.low:g}: high must be greater"
        )


_SCALED = frozenset({"high", "low", "output"})

DEMANDS = {
    "semantic": DecoderDemand(
        _semantic,
        boxes=False,
        integers=frozenset({"map"}),
        options=SCORED | {"activation", "output"},
    ),
    "anomaly": DecoderDemand(
        _anomaly,
        boxes=False,
        integers=frozenset({"pred_label", "pred_mask"}),
        options=SCORED | _SCALED,
    ),
    "depth": DecoderDemand(_depth, boxes=False, options=_SCALED),
}
