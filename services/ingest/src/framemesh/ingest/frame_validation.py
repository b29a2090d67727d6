"""Which frames may enter the buffer, by what their headers say; nothing is decoded."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.images.check import check_image
from framemesh.core.images.errors import BadImage


class Reason(Enum):
    """Why a frame is rejected; the value is the reason in its outcome."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    UNSUPPORTED_IMAGE = "unsupported_image"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SLOW_TO_DECODE = "too_slow_to_decode"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class FrameRejection:
    """Why a frame may not enter, and one line for the person who runs the camera."""

    reason: Reason
    message: str


FILTERED = FrameRejection(Reason.FILTERED, "the camera's own filter dropped it")


@dataclass(frozen=True, slots=True)
class FrameValidator:
    """The limits that every frame must keep."""

    max_bytes: int
    max_pixels: int

    def rejection(self, image: bytes, withheld_bytes: int) -> FrameRejection | None:
        """Why `image` may not enter, or None when it may.

        `withheld_bytes` is the size of an image that the camera kept back, knowing the limit.
        """
        size = max(len(image), withheld_bytes)
        # The camera may have kept back what another ingest, with a smaller limit, would refuse.
        if withheld_bytes or size > self.max_bytes:
            return FrameRejection(
                Reason.TOO_LARGE,
                f"{size} bytes are over the limit of {self.max_bytes}: "
                "send a smaller picture, or raise the broker's max_payload",
            )
        try:
            check_image(image, self.max_pixels)
        except BadImage as error:
            return FrameRejection(Reason(error.reason), str(error))
        return None
