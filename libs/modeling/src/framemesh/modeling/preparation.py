"""Whether a manifest says how an image becomes an input, without a contradiction."""

from math import isfinite

from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import (
    Anchor,
    Color,
    DType,
    Fit,
    InputSpec,
    Layout,
    ModelManifest,
)

LARGEST = {DType.FLOAT16: 65504.0, DType.FLOAT32: 3.4e38}
"""Value of each type that takes a scale."""

DEFAULT_FILL = InputSpec.__dataclass_fields__["fill"].default


def check_preparation(manifest: ModelManifest) -> None:
    """
    Raises:
        ModelInvalid: a pixel would have no value in the input, or a field has no meaning beside
            the others.
    """
    spec = manifest.input
    _check_fit(manifest, spec)
    _check_size(manifest, spec)
    for name, values in (("mean", spec.mean), ("std", spec.std)):
        if len(values) not in (1, 3) or (spec.channels == 1 and len(set(values)) > 1):
            raise misfit(
                manifest,
                f"input.{name}: {len(values)} numbers for an input of {spec.channels} channels "
                f"(color {spec.color}): give one for each channel, or one for all",
            )
    if spec.dtype not in LARGEST:
        if spec.scale != 1 or {*spec.mean} != {0} or {*spec.std} != {1}:
            raise misfit(
                manifest,
                f"input {spec.name} is {spec.dtype}, which takes no scale, mean or std: remove "
                "them, or make the model's input float32",
            )
        return
    if 0 in spec.std:
        raise misfit(
            manifest, f"input.std: divides by a std of 0: set what {spec.name} was trained with"
        )
    largest = LARGEST[spec.dtype]
    if not all(isfinite(value) and abs(value) <= largest for value in _extremes(spec)):
        raise misfit(
            manifest,
            f"input.scale, mean, std: not every pixel has a value in {spec.dtype}: set what the "
            "model was trained with",
        )


def _check_fit(manifest: ModelManifest, spec: InputSpec) -> None:
    if spec.fit is not Fit.LETTERBOX and (
        spec.anchor is not Anchor.CENTER or spec.fill != DEFAULT_FILL
    ):
        raise misfit(
            manifest,
            f"input.anchor, input.fill: they are of a letterbox, and input.fit is {spec.fit}: "
            "remove them, or set it to letterbox",
        )
    crops = spec.fit is Fit.CENTER_CROP
    if spec.short_side and not crops and not spec.multiple_of:
        raise misfit(
            manifest,
            f"input.short_side: it is of a centre crop, and input.fit is {spec.fit}: remove it, or "
            "set that to center-crop",
        )
    if crops and 0 < spec.short_side < max(spec.width, spec.height):
        raise misfit(
            manifest,
            f"input.short_side: {spec.short_side} does not cover the input of {spec.width} x "
            f"{spec.height}: make it at least {max(spec.width, spec.height)}",
        )


def _check_size(manifest: ModelManifest, spec: InputSpec) -> None:
    if spec.layout is Layout.NHW and spec.color is not Color.GRAY:
        raise misfit(
            manifest,
            f"input.layout: nhw has no channels, and input.color is {spec.color}: set that to gray",
        )
    if not spec.multiple_of:
        return
    if spec.fit is not Fit.LETTERBOX:
        raise misfit(
            manifest,
            f"input.multiple_of: it is of a letterbox, and input.fit is {spec.fit}: set that to "
            "letterbox, or remove it",
        )
    for name, side in (("width", spec.width), ("height", spec.height)):
        if side % spec.multiple_of:
            raise misfit(
                manifest,
                f"input.{name}: {side} is no multiple of input.multiple_of, {spec.multiple_of}: "
                f"set it to {max(1, side // spec.multiple_of) * spec.multiple_of}",
            )


def _extremes(spec: InputSpec) -> list[float]:
    """The values of the darkest and of the brightest pixel in each channel."""
    means, stds = spec.per_channel(spec.mean), spec.per_channel(spec.std)
    return [
        (pixel * spec.scale - mean) / std
        for pixel in (0, 255)
        for mean, std in zip(means, stds, strict=True)
    ]
