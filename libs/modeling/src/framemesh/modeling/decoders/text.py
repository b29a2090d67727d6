"""Readers of text: for each step along a line, a score for each letter."""

from framemesh.modeling.decoders.demand import (
    SCORED,
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


def _ctc(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """The labels are the alphabet, without the blank."""
    form = "steps,letters+1"
    name = chosen_output(spec, shapes, form)
    shape = shapes[name]
    if len(shape) < 2 or any(length != 1 for length in shape[:-2]):
        raise unreadable(shapes, spec.name, f"{name} to be [{form}]")
    letters = fixed_count(shape[-1] - 1, shapes, spec.name, "classes")
    if spec.blank > letters:
        raise OptionInvalid(
            "blank",
            f"it is {spec.blank}, and output {name} {list(shape)} has the classes 0 to "
            f"{letters}: set it to one of them, or to -1 for the last",
        )
    if spec.activation is Activation.SIGMOID:
        raise OptionInvalid(
            "activation",
            "letters exclude one another: set it to softmax (logits) or none (probabilities)",
        )
    # A step has a pixel or more of the input's width.
    steps = shape[-2] if shape[-2] > 0 else input_size.width
    detail = DetailSize(letters=steps, single=True)
    return DecoderBinding({"steps": name}, letters, input_size, detail=detail)


DEMANDS = {
    "ctc": DecoderDemand(_ctc, boxes=False, options=SCORED | {"activation", "blank", "output"})
}
