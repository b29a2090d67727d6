"""Decoders of a score for each class of the whole image."""

from framemesh.modeling.decoders.demand import (
    LISTED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    chosen_output,
    fixed_count,
    unreadable,
)
from framemesh.modeling.errors import OptionInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec
from framemesh.modeling.result_size import DetailSize

CLASSES = DetailSize(once_a_class=True)

ONE_BY_ONE = (Activation.SIGMOID, Activation.NONE)
"""Activations that take each number for itself."""


def _classification(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, classes = _scores(spec, shapes)
    if classes > 1 or spec.background:
        return DecoderBinding({"scores": name}, classes, input_size, detail=CLASSES)
    if spec.activation not in ONE_BY_ONE:
        raise OptionInvalid(
            "activation",
            f"output {name} {list(shapes[name])} is a single score, of which softmax makes 1 in "
            "every frame: set it to sigmoid (it is a logit) or none (it is a "
            "probability), and labels to one (what it is the score of) or two (its absence first)",
        )
    return DecoderBinding({"scores": name}, None, input_size, most_classes=2, detail=CLASSES)


def _multi_label(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, classes = _scores(spec, shapes)
    if spec.activation not in ONE_BY_ONE:
        raise OptionInvalid(
            "activation",
            f"multi-label needs sigmoid if output {name} holds logits, none if it holds "
            "probabilities; the file does not tell",
        )
    return DecoderBinding({"scores": name}, classes, input_size, detail=CLASSES)


def _scores(spec: DecoderSpec, shapes: Shapes) -> tuple[str, int]:
    """The name of the output, and its number of classes."""
    name = chosen_output(spec, shapes, "classes")
    shape = shapes[name]
    if not shape or any(length != 1 for length in shape[1:]):
        raise unreadable(shapes, spec.name, f"{name} to be [classes]")
    return name, fixed_count(shape[0] - int(spec.background), shapes, spec.name, "classes")


_OPTIONS = LISTED | {"activation", "background", "output"}

DEMANDS = {
    "classification": DecoderDemand(_classification, boxes=False, options=_OPTIONS),
    "multi-label": DecoderDemand(_multi_label, boxes=False, options=_OPTIONS),
}
