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
    return Projection(
        place.left / spec.width,
        place.top / spec.height,
        place.width / spec.width,
        place.height / spec.height,
    )


def _letterboxed(spec: InputSpec, width: int, height: int) -> Placement:
    factor = min(spec.width / width, spec.height / height)
    inner_width = min(spec.width, max(1, round(width * factor)))
    inner_height = min(spec.height, max(1, round(height * factor)))
    if spec.anchor is Anchor.TOP_LEFT:
        return Placement(0, 0, inner_width, inner_height)
    return Placement(
        (spec.width - inner_width) // 2,
        (spec.height - inner_height) // 2,
        inner_width,
        inner_height,
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
