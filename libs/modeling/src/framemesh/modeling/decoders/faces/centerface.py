"""CenterFace: faces with five keypoints, from maps of a quarter of the input's size."""

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.signature import OPEN

STRIDE = 4
"""Pixels of the input between the places of the maps."""

STEP = 32
"""The network halves the input five times, and adds what comes of it to what it had before."""

CHANNELS = {"heatmap": 1, "scale": 2, "offset": 2, "landmarks": 10}
"""Of each output, in the order in which the authors export them."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """The outputs may have any names, if they come in that order."""
    if input_size.width % STEP or input_size.height % STEP:
        raise unreadable(shapes, "centerface", f"an input whose sides are multiples of {STEP}")
    names = tuple(CHANNELS) if set(CHANNELS) <= set(shapes) else tuple(shapes)
    sides = (input_size.height // STRIDE, input_size.width // STRIDE)
    maps = [(channels, *sides) for channels in CHANNELS.values()]
    fits = len(names) == len(maps) and all(
        _matches(shapes[name], expected) for name, expected in zip(names, maps, strict=True)
    )
    if not fits:
        form = ", ".join(
            f"{name} {list(sides)}" for name, sides in zip(CHANNELS, maps, strict=True)
        )
        raise unreadable(shapes, "centerface", f"in this order {form}")
    return DecoderBinding(dict(zip(CHANNELS, names, strict=True)), 1, input_size)


def _matches(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return len(shape) == len(expected) and all(
        side in (OPEN, wanted) for side, wanted in zip(shape, expected, strict=True)
    )


DEMANDS = {"centerface": DecoderDemand(_bind, options=SUPPRESSING - {"agnostic"})}
