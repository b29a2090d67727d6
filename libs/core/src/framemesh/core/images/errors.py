"""Why bytes are no image that may be decoded."""

from framemesh.core.errors import Code, FramemeshError


class BadImage(FramemeshError):
    """The bytes are no image that may be decoded."""

    code = Code.INVALID
    reason = "bad_image"
    """One stable word for metrics and outcomes."""


class EmptyImage(BadImage):
    """There are no bytes."""

    reason = "empty"


class NotAnImage(BadImage):
    """It is not a JPEG, PNG or WebP, or its header is broken."""

    reason = "not_an_image"


class TruncatedImage(BadImage):
    """It begins as an image, and its end is missing."""

    reason = "truncated"


class UnsupportedImage(BadImage):
    """It is an image of a kind that no worker decodes."""

    reason = "unsupported_image"


class TooManyPixels(BadImage):
    """Decoded, it would take more memory than a frame may."""

    reason = "too_many_pixels"


class TooSlowToDecode(BadImage):
    """Decoded, it would take a worker much longer than its pixels are worth."""

    reason = "too_slow_to_decode"


def truncated(image: bytes, why: str) -> TruncatedImage:
    return TruncatedImage(f"the image is cut off after {len(image)} bytes: {why}")
