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
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name = chosen_output(spec, shapes, "numbers")
    shape = shapes[name]
    if not shape or any(length != 1 for length in shape[1:]):
        raise unreadable(shapes, spec.name, f"{name} to be [numbers]")
    detail = DetailSize(numbers=fixed_count(shape[0], shapes, spec.name, "numbers"), single=True)
    return DecoderBinding({"vector": name}, 1, input_size, detail=detail)


DEMANDS = {
    "embedding": DecoderDemand(_bind, boxes=False, options=frozenset({"normalize", "output"}))
}
