"""Which input of a model takes the image, and in which form."""

from dataclasses import dataclass

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import MAX_SIDE, Layout
from framemesh.modeling.signature import OPEN, Signature, Tensor

CHANNELS = (1, 3)
"""Of images: grey or colour."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """The input that takes the image; a side of 0 is open."""

    tensor: Tensor
    layout: Layout
    channels: int
    height: int
    width: int
    batch: int
    """-1: open; 0: the tensor has no batch dimension."""


def image_input(signature: Signature, file: str) -> ImageInput:
    """The one input with three or four dimensions of which one is 1 or 3.

    Raises:
        ModelInvalid: there is none, or more than one.
    """
    found = [image for image in map(_as_image, signature.inputs) if image is not None]
    # A mask of the padding, [1, height, width], looks like an image without a batch or channels.
    found = [image for image in found if len(image.tensor.shape) == 4] or found
    there = ", ".join(map(str, signature.inputs))
    if len(found) != 1:
        what = "none of its inputs is" if not found else f"{len(found)} of its inputs are"
        raise ModelInvalid(
            f"{file}: {what} an image (batch, 1 or 3 channels, height, width, in this order or "
            f"with the channels last); it has {there}: export it with one such input"
        )
    (image,) = found
    if max(image.height, image.width) > MAX_SIDE:
        raise ModelInvalid(
            f"{file}: input {image.tensor} is larger than {MAX_SIDE} pixels a side: export it with "
            "a smaller input"
        )
    return image


def _as_image(tensor: Tensor) -> ImageInput | None:
    if len(tensor.shape) not in (3, 4) or 0 in tensor.shape:
        return None
    batch = tensor.shape[0] if len(tensor.shape) == 4 else 0
    first, middle, last = tensor.shape[-3:]
    if first in CHANNELS:
        return ImageInput(tensor, Layout.NCHW, first, max(0, middle), max(0, last), batch)
    if last in CHANNELS:
        return ImageInput(tensor, Layout.NHWC, last, max(0, first), max(0, middle), batch)
    if len(tensor.shape) == 3 and first == OPEN:  # grey images, one after the other
        return ImageInput(tensor, Layout.NHW, 1, max(0, middle), max(0, last), first)
    if tensor.shape == (OPEN,) * 4:  # nothing is fixed: torch's order, which nearly all have
        return ImageInput(tensor, Layout.NCHW, 3, 0, 0, batch)
    return None
