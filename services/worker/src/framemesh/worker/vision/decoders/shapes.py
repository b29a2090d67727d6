"""Finding the tensors that a decoder needs among those that a model has."""

from framemesh.modeling.errors import ModelInvalid
from framemesh.worker.vision.decoders.decoder import Shapes


def tensor(shapes: Shapes, name: str, form: str, decoder: str) -> tuple[int, ...]:
    """The shape of the output called `name`, which must have as many sides as `form` names.

    `form` ("classes,height,width") is how the sides are called in messages.

    Raises:
        ModelInvalid: there is no such output, or it has another number of sides.
    """
    if name not in shapes:
        raise misfit(shapes, decoder, f"an output {name} [{form}]")
    shape = shapes[name]
    if len(shape) != form.count(",") + 1:
        raise misfit(shapes, decoder, f"{name} to be [{form}]")
    return shape


def fixed(side: int, shapes: Shapes, decoder: str, what: str) -> int:
    """`side`, unless only running the model would tell it."""
    if side < 1:
        raise misfit(shapes, decoder, f"a fixed number of {what}")
    return side


def misfit(shapes: Shapes, decoder: str, expected: str) -> ModelInvalid:
    there = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
    return ModelInvalid(
        f"decoder {decoder} expects {expected}; the model's outputs for one picture are {there}: "
        "choose the decoder that fits, or export the model with these outputs"
    )
