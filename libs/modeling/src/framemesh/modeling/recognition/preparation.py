"""The ways in which families turn pixels into values, each by a name that a user can give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PER_255 = 1 / 255


@dataclass(frozen=True, slots=True)
class Preparation:
    """How an image becomes an input: fields of a manifest's `input`."""

    name: str
    text: str
    fields: Mapping[str, Any]


def _made(name: str, text: str, **fields: Any) -> Preparation:
    return Preparation(name, text, fields)


LETTERBOX = _made(
    "letterbox", "RGB, 0 to 1, letterboxed, as YOLO trains", fit="letterbox", scale=PER_255
)
YOLOX = _made(
    "yolox",
    "BGR, 0 to 255, letterboxed to the top left, as YOLOX trains",
    fit="letterbox",
    anchor="top-left",
    color="bgr",
)
UNIT = _made("unit", "RGB, 0 to 1", scale=PER_255)
CROP = _made(
    "crop",
    "RGB, 0 to 1, the middle of the image, as Ultralytics' classifiers",
    fit="center-crop",
    scale=PER_255,
)
IMAGENET = _made(
    "imagenet",
    "RGB, 0 to 1, less ImageNet's mean, by its deviation, as torchvision trains",
    scale=PER_255,
    mean=IMAGENET_MEAN,
    std=IMAGENET_STD,
)
SIGNED = _made("signed", "RGB, -1 to 1, as Keras' MobileNet", scale=1 / 127.5, mean=(1.0, 1.0, 1.0))
RAW = _made("raw", "RGB, 0 to 255")
UNIT_BGR = _made("unit-bgr", "BGR, 0 to 1, as FastestDet", color="bgr", scale=PER_255)
ULTRAFACE = _made(
    "ultraface", "RGB, (pixel - 127) / 128", mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0)
)
RAW_BGR = _made("raw-bgr", "BGR, 0 to 255, as OpenVINO's models", color="bgr")
NANODET = _made(
    "nanodet",
    "BGR, 0 to 255, less ImageNet's mean, by its deviation",
    color="bgr",
    mean=(103.53, 116.28, 123.675),
    std=(57.375, 57.12, 58.395),
)
SCRFD = _made(
    "scrfd",
    "RGB, (pixel - 127.5) / 128, letterboxed to the top left on black, as InsightFace",
    fit="letterbox",
    anchor="top-left",
    fill=0,
    mean=(127.5, 127.5, 127.5),
    std=(128.0, 128.0, 128.0),
)

SIGNED_BGR = _made(
    "signed-bgr",
    "BGR, -1 to 1, as RapidOCR's text detectors",
    color="bgr",
    scale=1 / 127.5,
    mean=(1.0, 1.0, 1.0),
)
PADDLE_TEXT = _made(
    "paddle-text",
    "BGR, -1 to 1, letterboxed to the upper left on grey, as PaddleOCR's readers",
    fit="letterbox",
    anchor="top-left",
    fill=128,
    color="bgr",
    scale=1 / 127.5,
    mean=(1.0, 1.0, 1.0),
)
RETINAFACE = _made(
    "retinaface",
    "BGR, 0 to 255, less (104, 117, 123), as RetinaFace of PyTorch",
    color="bgr",
    mean=(104.0, 117.0, 123.0),
)

_ALL = (
    *(LETTERBOX, YOLOX, UNIT, UNIT_BGR, CROP, IMAGENET, SIGNED, RAW, RAW_BGR, NANODET, SCRFD),
    *(ULTRAFACE, SIGNED_BGR, PADDLE_TEXT, RETINAFACE),
)
PREPARATIONS: Mapping[str, Preparation] = {each.name: each for each in _ALL}

UNKNOWN = (IMAGENET, UNIT, SIGNED, RAW, RAW_BGR)
"""Of a file that does not tell, and whose family has no custom of its own."""
