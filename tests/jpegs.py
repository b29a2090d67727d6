"""JPEGs as cameras send them, made of one that OpenCV wrote."""

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

START_OF_SCAN = 0xDA


def picture(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Smooth, with a little noise, as a camera sees."""
    small = np.random.default_rng(1).integers(0, 255, (6, 9, 3), np.uint8)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(2).normal(0, 5, large.shape)
    return np.asarray(np.clip(large + noise, 0, 255), np.uint8)


def jpeg(*options: int, pixels: NDArray[np.uint8] | None = None) -> bytes:
    """`options`: as of `cv2.imwrite`."""
    return cv2.imencode(".jpg", picture() if pixels is None else pixels, options)[1].tobytes()


def decoded(image: bytes) -> NDArray[np.uint8] | None:
    """What OpenCV makes of it; None: nothing."""
    found = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    return None if found is None else np.asarray(found, np.uint8)


def segment(marker: int, content: bytes = b"") -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def segments(image: bytes) -> list[tuple[int, int, int]]:
    """Marker, start and end of each segment before the first scan."""
    found, at = [], 2
    while image[at + 1] != START_OF_SCAN:
        end = at + 2 + int.from_bytes(image[at + 2 : at + 4], "big")
        found.append((image[at + 1], at, end))
        at = end
    return found


def place_of(image: bytes, marker: int) -> int:
    """Where the first segment of a kind begins."""
    return next((start for found, start, _ in segments(image) if found == marker), _scan_of(image))


def inserted(image: bytes, before: int, content: bytes) -> bytes:
    """With bytes before the first segment of a kind."""
    at = place_of(image, before)
    return image[:at] + content + image[at:]


def without(image: bytes, markers: Sequence[int]) -> bytes:
    """Without any segment of these kinds."""
    kept = [image[start:end] for found, start, end in segments(image) if found not in markers]
    return image[:2] + b"".join(kept) + image[_scan_of(image) :]


def _scan_of(image: bytes) -> int:
    return segments(image)[-1][2]


def frames_of(clip: Path) -> list[bytes]:
    """All frames of a video, as JPEGs."""
    video = cv2.VideoCapture(str(clip))
    frames: list[bytes] = []
    while True:
        more, taken = video.read()
        if not more:
            break
        frames.append(cv2.imencode(".jpg", taken)[1].tobytes())
    video.release()
    return frames
