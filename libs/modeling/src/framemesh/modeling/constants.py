"""The inputs of a model beside the image: the manifest gives each a value for all images.

They are sizes, scale factors and masks. As they are the same for every image, boxes come in
pixels of the model's input, whatever the size of the image.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod

from framemesh.modeling.batch import with_batch
from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import Constant, ModelManifest
from framemesh.modeling.signature import FLOATS, OPEN, Tensor

Value = Constant | tuple[Constant, ...]
"""Of an input beside the image: its numbers for one image, or one for all its elements."""

WELL_KNOWN: Mapping[str, Value] = {
    "orig_target_sizes": ("width", "height"),
    "scale_factor": (1, 1),
    "im_shape": ("height", "width"),
    "image_shape": ("height", "width"),
    "pixel_mask": 1,
}
"""What exporters call such inputs, and what they are, so that boxes come in pixels of the input."""


def usual_constants(inputs: Iterable[Tensor], image: str) -> dict[str, Value]:
    """What the inputs beside the one called `image` are by custom, where their names tell it."""
    return {
        each.name: WELL_KNOWN[each.name]
        for each in inputs
        if each.name != image and each.name in WELL_KNOWN
    }


INTEGERS = {
    "BOOL": (0, 1), "UINT8": (0, 2**8 - 1), "INT8": (-(2**7), 2**7 - 1),
    "INT32": (-(2**31), 2**31 - 1), "INT64": (-(2**63), 2**63 - 1),
}  # fmt: skip
"""Least and greatest value of the types that are not floats."""


def check_constants(
    manifest: ModelManifest, inputs: tuple[Tensor, ...], image: Tensor
) -> tuple[Tensor, ...]:
    """The inputs beside the image, with their shapes.

    Raises:
        ModelInvalid: an input has no value, or one that does not fit; a value has no input.
    """
    if unknown := manifest.constants.keys() - {each.name for each in inputs}:
        there = ", ".join(map(str, inputs)) or "none"
        raise misfit(
            manifest,
            f"constants: the file has no input {min(unknown)!r} beside the image, it has {there}",
        )
    return tuple(_checked(manifest, each, image) for each in inputs)


def _checked(manifest: ModelManifest, given: Tensor, image: Tensor) -> Tensor:
    if given.name not in manifest.constants:
        usual = usual_constants((given,), image.name).get(given.name)
        shown = f"[{', '.join(map(str, usual))}]" if isinstance(usual, tuple) else usual
        hint = "its numbers, in order" if usual is None else f"{given.name}: {shown}"
        raise misfit(
            manifest,
            f"constants: the input {given} is not the image and needs a value for all images: "
            f"add {hint}",
        )
    _check_words(manifest, given.name)
    values = manifest.constant_numbers[given.name]
    tensor = _placed(manifest, given, image)
    tensor = replace(tensor, shape=_closed(manifest, tensor, len(values)))
    size = prod(tensor.image_shape)
    if len(values) not in (1, size) or not size:
        raise misfit(
            manifest,
            f"constants.{given.name}: the input {given} takes {size} numbers for an image, and "
            f"the manifest has {len(values)}",
        )
    _check_values(manifest, tensor, values)
    return tensor


def _check_words(manifest: ModelManifest, name: str) -> None:
    value = manifest.constants[name]
    for word in value if isinstance(value, tuple) else (value,):
        if isinstance(word, str) and word not in ("width", "height"):
            raise misfit(
                manifest,
                f"constants.{name}: {word!r} is no number: give one, or width or height, the sides "
                "of the input",
            )


def _placed(manifest: ModelManifest, given: Tensor, image: Tensor) -> Tensor:
    """With or without the batch first."""
    if not given.shape:
        return replace(given, batched=False)
    batch = image.shape[0] if image.batched else 0
    if image.batched and manifest.max_batch > 1 and batch == OPEN and given.shape[0] in (OPEN, 1):
        return with_batch(manifest, given, batch)
    if image.batched and given.shape[0] in (OPEN, abs(batch)):
        return replace(given, shape=(batch, *given.shape[1:]))
    return replace(given, batched=False)


def _closed(manifest: ModelManifest, tensor: Tensor, count: int) -> tuple[int, ...]:
    """The shape without open dimensions: two of them are height and width, one is told by the
    number of values."""
    sides = list(tensor.image_shape)
    places = [at for at, side in enumerate(sides) if side == OPEN]
    if len(places) == 2:
        sides[places[0]], sides[places[1]] = manifest.input.height, manifest.input.width
    elif len(places) == 1:
        sides[places[0]] = max(1, count // max(1, abs(prod(sides))))
    elif places:
        raise misfit(
            manifest,
            f"constants.{tensor.name}: the input {tensor} has {len(places)} open dimensions: "
            "export it with fixed ones",
        )
    return (*tensor.shape[:1], *sides) if tensor.batched else tuple(sides)


def _check_values(manifest: ModelManifest, tensor: Tensor, values: tuple[float, ...]) -> None:
    if tensor.datatype in FLOATS:
        return
    if tensor.datatype not in INTEGERS:
        raise misfit(
            manifest,
            f"constants.{tensor.name}: the input {tensor} takes no numbers that workers send: "
            "export it as int64 or float32",
        )
    least, greatest = INTEGERS[tensor.datatype]
    for value in values:
        if value != int(value) or not least <= value <= greatest:
            raise misfit(
                manifest,
                f"constants.{tensor.name}: {value} is no {tensor.datatype}, which the input takes",
            )
