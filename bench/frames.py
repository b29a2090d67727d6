"""The frames that every benchmark uses: the bundled clip as JPEGs, the same bytes every time."""

from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parent.parent
CLIP = ROOT / "examples/street/street.mp4"
MODEL = ROOT / "models/person"

JPEG_QUALITY = 80
"""Usual for cameras; about 80 KB a frame of this clip."""


def jpegs() -> list[bytes]:
    """The 200 frames of the clip, 768x576."""
    video = cv2.VideoCapture(str(CLIP))
    frames: list[bytes] = []
    while True:
        more, picture = video.read()
        if not more:
            return frames
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        frames.append(cv2.imencode(".jpg", picture, quality)[1].tobytes())
