"""Pictures in memory become JPEGs; needs the extra `arrays`."""

try:
    import cv2
    import numpy as np
    from numpy.typing import NDArray
except ImportError as error:
    raise ImportError(
        "a frame that is no bytes needs numpy and OpenCV: pip install 'framemesh-sdk[arrays]'"
    ) from error

from framemesh.sdk.errors import BadFrame


def to_jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    """A picture [height, width, 3] of BGR uint8 as a JPEG of `quality` 1 to 100.

    Raises:
        BadFrame: it has another shape or type.
    """
    if not isinstance(picture, np.ndarray):
        raise BadFrame(
            f"a frame is the bytes of an image or a numpy array, not {type(picture).__name__}"
        )
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise BadFrame(
            "a picture is an array [height, width, 3] of BGR uint8, not "
            f"{list(picture.shape)} of {picture.dtype}"
        )
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise BadFrame(f"OpenCV cannot encode a picture of {list(picture.shape)} as JPEG")
    return jpeg.tobytes()
