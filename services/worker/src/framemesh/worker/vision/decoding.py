"""Decoding an image so that damage to its pixels is told."""

from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg

from framemesh.core.images.containers import damage_of
from framemesh.core.images.header import ImageFormat, ImageHeader
from framemesh.core.images.jpeg import without_gaps
from framemesh.vision.arrays import Pixels
from framemesh.worker.errors import Damaged, Undecodable

_NO_DAMAGE = (
    "Unsupported color conversion request",  # four inks: the one kind that only OpenCV decodes
    "tjDecompressHeader",  # an unusual subsampling
    "Unknown Adobe color transform code",
    "Invalid SOS parameters for sequential JPEG",
)
"""How the messages begin that say nothing of the pixels; all others are about data that is broken,
and that OpenCV nevertheless makes an image of."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """What a decoder made of an image."""

    pixels: Pixels
    damage: str = ""
    """What it says, or the container, is damaged, in one line; empty: nothing that they can tell.
    """


def decode(image: bytes, header: ImageHeader) -> DecodedImage:
    """Decode an image; an EXIF orientation is applied.

    OpenCV decides what can be decoded. A JPEG is decoded by simplejpeg first: it runs the same
    libjpeg-turbo, gives the same pixels as fast, and passes on the warnings that OpenCV does not.

    Raises:
        Damaged: OpenCV makes nothing of it, because part of it is lost.
        Undecodable: OpenCV makes nothing of it, for whatever reason.
    """
    if header.format is not ImageFormat.JPEG:
        return DecodedImage(_by_opencv(image, header))
    if header.has_gaps:
        # Each byte there would be a warning, and OpenCV wants the first segment at once.
        image = without_gaps(image)
    damage = header.damage
    try:
        pixels = np.asarray(simplejpeg.decode_jpeg(image, "BGR"), np.uint8)
    except ValueError as error:
        warned = "" if str(error).startswith(_NO_DAMAGE) else str(error)
        damage = "; ".join(filter(None, (warned, damage)))
    else:
        if not header.may_be_oriented:
            return DecodedImage(pixels, damage)
    return DecodedImage(_by_opencv(image, header), damage)


def _by_opencv(image: bytes, header: ImageHeader) -> Pixels:
    try:
        found = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise Undecodable(str(error)) from error
    if found is None and (damage := damage_of(image, header)):
        raise Damaged(f"OpenCV cannot decode this {header.format}: {damage}")
    if found is None:
        raise Undecodable(f"OpenCV cannot decode this {header.format} of {len(image)} bytes")
    return np.asarray(found, np.uint8)
