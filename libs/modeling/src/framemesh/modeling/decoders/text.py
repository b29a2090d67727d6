"""Text: where it is (a map), and what it says (for each step along a line, a score a letter)."""

from framemesh.modeling.decoders.demand import (
    LISTED,
    SCORED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    chosen_output,
    fixed_count,
    unreadable,
)
from framemesh.modeling.decoders.maps import is_map
from framemesh.modeling.errors import OptionInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec
from framemesh.modeling.result_size import DetailSize
from framemesh.modeling.signature import OPEN


def _ctc(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """The labels are the alphabet, without the blank."""
    form = "steps,1,letters+1" if spec.steps_first else "steps,letters+1"
    name = chosen_output(spec, shapes, form)
    shape = shapes[name]
    if spec.steps_first and len(shape) == 3 and shape[1] in (1, OPEN):
        shape = (shape[0], shape[2])
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


def _db_text(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    form = "1,height,width"
    name = chosen_output(spec, shapes, form)
    # Any table would do for [height, width], and whoever has one means boxes.
    if len(shapes[name]) < 3 or not is_map(shapes[name]):
        raise unreadable(shapes, spec.name, f"{name} to be [{form}]")
    if spec.activation is Activation.SOFTMAX:
        raise OptionInvalid(
            "activation",
            "a map of text has one value a place: set it to sigmoid (logits) or none "
            "(probabilities)",
        )
    return DecoderBinding({"map": name}, 1, input_size, detail=DetailSize(corners=4))


DEMANDS = {
    "db-text": DecoderDemand(
        _db_text,
        options=LISTED | {"activation", "dilate", "map_threshold", "output", "unclip_ratio"},
    ),
    "ctc": DecoderDemand(
        _ctc, boxes=False, options=SCORED | {"activation", "blank", "output", "steps_first"}
    ),
}
