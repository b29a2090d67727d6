"""Where an image lies in the input of a model."""

from dataclasses import dataclass

from framemesh.modeling.manifest import Anchor, Fit, InputSpec
from framemesh.vision.projection import STRETCHED, Projection


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the whole image lies, in pixels of the input. Of a centre crop it begins before the
    input (negative) and ends behind it."""

    left: int
    top: int
    width: int
    height: int


def input_size(spec: InputSpec, width: int, height: int) -> tuple[int, int]:
    """Width and height of the input for an image of this size."""
    step = spec.multiple_of
    if not step:
        return spec.width, spec.height
    inner_width, inner_height = _scaled(spec, width, height)
    return -(-inner_width // step) * step, -(-inner_height // step) * step


def placement(spec: InputSpec, width: int, height: int) -> Placement:
    """Where an image of this size is placed."""
    match spec.fit:
        case Fit.STRETCH:
            return Placement(0, 0, spec.width, spec.height)
        case Fit.LETTERBOX:
            return _letterboxed(spec, width, height)
        case Fit.CENTER_CROP:
            return _cropped(spec, width, height)


def projection(spec: InputSpec, width: int, height: int) -> Projection:
    """The same in fractions of the input."""
    if spec.fit is Fit.STRETCH:
        return STRETCHED
    place = placement(spec, width, height)
    input_width, input_height = input_size(spec, width, height)
    return Projection(
        place.left / input_width,
        place.top / input_height,
        place.width / input_width,
        place.height / input_height,
    )


def _letterboxed(spec: InputSpec, width: int, height: int) -> Placement:
    inner_width, inner_height = _scaled(spec, width, height)
    if spec.anchor is Anchor.TOP_LEFT:
        return Placement(0, 0, inner_width, inner_height)
    input_width, input_height = input_size(spec, width, height)
    return Placement(
        (input_width - inner_width) // 2,
        (input_height - inner_height) // 2,
        inner_width,
        inner_height,
    )


def _scaled(spec: InputSpec, width: int, height: int) -> tuple[int, int]:
    """Width and height of the image, scaled until it fits."""
    factor = min(spec.width / width, spec.height / height)
    if spec.multiple_of and spec.short_side:
        factor = min(factor, spec.short_side / min(width, height))
    return (
        min(spec.width, max(1, round(width * factor))),
        min(spec.height, max(1, round(height * factor))),
    )


def _cropped(spec: InputSpec, width: int, height: int) -> Placement:
    """As torchvision scales (the longer side rounded down) and cuts."""
    least = (spec.short_side, spec.short_side) if spec.short_side else (spec.width, spec.height)
    across, down = least[0] / width, least[1] / height
    outer_width = least[0] if across >= down else max(least[0], int(width * least[1] / height))
    outer_height = least[1] if down >= across else max(least[1], int(height * least[0] / width))
    return Placement(
        -round((outer_width - spec.width) / 2),
        -round((outer_height - spec.height) / 2),
        outer_width,
        outer_height,
    )
