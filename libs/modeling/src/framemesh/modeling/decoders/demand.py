"""What one decoder demands of a model's outputs, and which of them it will read as what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import NO_DETAIL, DetailSize

Shapes = Mapping[str, tuple[int, ...]]
"""Of the output tensors of one image; -1 where a dimension is known only once the model ran."""


BOX_SIDES = 4


@dataclass(frozen=True, slots=True)
class InputSize:
    """Of a model's input, in pixels: many families tell their boxes in them."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DecoderBinding:
    """One model's outputs, found for one decoder."""

    tensors: Mapping[str, str]
    """What the decoder calls an output ("boxes") -> the name of the tensor."""
    classes: int | None
    """Number of classes of the model, each with one label; None where its outputs do not tell."""
    input_size: InputSize
    first_class: int = 0
    """The number that the model gives to the class of the first label."""
    most_classes: int | None = None
    """The most labels that fit where `classes` is None; None: any number."""
    labels: tuple[str, ...] = ()
    """Of the manifest; empty until it is known that they fit."""
    detail: DetailSize = NO_DETAIL
    """What each detection carries, at most."""


SCORED = frozenset({"score_threshold"})
"""The options of decoders that drop what has too low a score."""

LISTED = SCORED | {"max_detections"}
"""Of those that list what they find, the best first."""

SUPPRESSING = LISTED | {"iou_threshold", "suppression", "sigma", "agnostic"}
"""Of those that suppress one of two overlapping boxes."""


@dataclass(frozen=True, slots=True)
class DecoderDemand:
    """One decoder, before it is made for a model."""

    bind: Callable[[DecoderSpec, Shapes, InputSize], DecoderBinding]
    """Raises ModelInvalid where the outputs are not what the decoder reads."""
    boxes: bool = True
    """Whether its detections have boxes, of which another stage can look at the crops."""
    integers: frozenset[str] = frozenset()
    """Which outputs, by the decoder's names for them, may be of whole numbers or boolean: classes
    and counts. All others must be floats, as nothing can be read from a score of 0 or 1."""
    flat: bool = False
    """Whether its outputs are lists of rows without a batch dimension: they are taken with the
    shapes that the file declares, and requests have one image."""
    options: frozenset[str] = frozenset()
    """Which fields of DecoderSpec it heeds, beside `name` and `output_names`."""


def named_output(shapes: Shapes, name: str, form: str, decoder: str) -> tuple[int, ...]:
    """The shape of the output called `name`, which must have as many dimensions as `form` names.

    `form` ("classes,height,width") names the dimensions in messages.
    """
    if name not in shapes:
        raise unreadable(shapes, decoder, f"an output {name} [{form}]")
    shape = shapes[name]
    if len(shape) != form.count(",") + 1:
        raise unreadable(shapes, decoder, f"{name} to be [{form}]")
    return shape


def only_output(shapes: Shapes, form: str, decoder: str) -> tuple[str, tuple[int, ...]]:
    """Name and shape of the only output, which must have as many dimensions as `form` names."""
    if len(shapes) != 1:
        raise unreadable(shapes, decoder, f"one output [{form}]")
    (name,) = shapes
    return name, named_output(shapes, name, form, decoder)


def chosen_output(spec: DecoderSpec, shapes: Shapes, form: str) -> str:
    """The name of the output that a decoder of a single one reads; `form` as in `named_output`.

    Its dimensions are still to be checked.
    """
    if spec.output:
        if spec.output not in shapes:
            raise unreadable(shapes, spec.name, f"an output {spec.output} (decoder.output)")
        return spec.output
    if len(shapes) != 1:
        raise unreadable(shapes, spec.name, f"one output [{form}], or decoder.output to name it")
    return next(iter(shapes))


def fixed_count(length: int, shapes: Shapes, decoder: str, what: str) -> int:
    """`length`, which must be known before the model runs."""
    if length < 1:
        raise unreadable(shapes, decoder, f"a fixed number of {what}")
    return length


def unreadable(shapes: Shapes, decoder: str, expected: str) -> ModelInvalid:
    there = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
    return ModelInvalid(
        f"decoder {decoder} expects {expected}; the model's outputs for one image are {there}: "
        "choose the decoder that fits, or export the model with these outputs"
    )
