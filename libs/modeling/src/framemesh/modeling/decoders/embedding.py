"""Embeddings: a vector that is near those of similar images."""

from framemesh.modeling.decoders.demand import (
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    chosen_output,
    fixed_count,
    unreadable,
)
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec

MAX_NUMBERS = 64 * 1024
"""256 KiB: the embeddings of 30 crops still fit into the 8 MiB of an outcome."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name = chosen_output(spec, shapes, "numbers")
    shape = shapes[name]
    if not shape or any(length != 1 for length in shape[1:]):
        raise unreadable(shapes, spec.name, f"{name} to be [numbers]")
    numbers = fixed_count(shape[0], shapes, spec.name, "numbers")
    if numbers > MAX_NUMBERS:
        raise ModelInvalid(
            f"output {name} {list(shape)} is an embedding of {numbers} numbers, over the "
            f"{MAX_NUMBERS} that a result holds: is it a feature map? export the model with its "
            "pooled vector"
        )
    return DecoderBinding({"vector": name}, 1, input_size)


DEMANDS = {"embedding": DecoderDemand(_bind, boxes=False)}
