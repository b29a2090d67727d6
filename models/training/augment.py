"""Augmentations: changes that the camera, the light or the encoder could have made."""

import cv2
import numpy as np

from .marks import Marks
from .video import Picture

GREY = (114, 114, 114)
VISIBLE_SHARE = 0.4
"""A person with less than this share in the picture is rarely detected by the teacher."""

Sample = tuple[Picture, Marks]


def augment(sample: Sample, other: Sample, random: np.random.Generator) -> Sample:
    """One random variation of `sample`, its right part perhaps taken from `other`."""
    if random.random() < 0.5:
        sample = join(sample, other, random)
    if random.random() < 0.5:
        sample = flip(sample)
    if random.random() < 0.6:
        sample = zoom(sample, random)
    picture, marks = sample
    return compress(relight(picture, random), random), marks


def join(left: Sample, right: Sample, random: np.random.Generator) -> Sample:
    """The left part of one frame beside the right part of another.

    The camera stands still, so the street fits; the cut passes between all boxes of both, so
    nobody is cut. Gives people in company and in places that the video never showed.
    """
    width = left[0].shape[1]
    cut = int(random.integers(width // 8, width - width // 8))
    boxes = np.concatenate([left[1].boxes, right[1].boxes])
    if np.any((boxes[:, 0] * width < cut) & (boxes[:, 2] * width > cut)):
        return left
    picture = np.concatenate([left[0][:, :cut], right[0][:, cut:]], axis=1)
    kept = left[1].pick(left[1].boxes[:, 2] * width <= cut)
    added = right[1].pick(right[1].boxes[:, 0] * width >= cut)
    return picture, _concatenate(kept, added)


def flip(sample: Sample) -> Sample:
    """The mirror picture."""
    picture, marks = sample
    left, top, right, bottom = marks.boxes.T
    boxes = np.stack([1 - right, top, 1 - left, bottom], axis=1)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    return mirrored, Marks(boxes, marks.scores, marks.moving)


def zoom(sample: Sample, random: np.random.Generator) -> Sample:
    """The picture scaled and shifted; grey where it no longer covers the frame."""
    picture, marks = sample
    height, width = picture.shape[:2]
    scale = random.uniform(0.8, 1.35)
    shift = random.uniform(min(0, 1 - scale), max(0, 1 - scale), size=2)
    matrix = np.array([[scale, 0, shift[0] * width], [0, scale, shift[1] * height]])
    moved = cv2.warpAffine(picture, matrix, (width, height), borderValue=GREY)
    whole = marks.boxes * scale + np.tile(shift, 2)
    clipped = np.clip(whole, 0, 1).astype(np.float32)
    inside = _area(clipped) > VISIBLE_SHARE * _area(whole)
    return moved, Marks(clipped, marks.scores, marks.moving).pick(inside)


def relight(picture: Picture, random: np.random.Generator) -> Picture:
    """Another contrast, brightness and tint."""
    gain = random.uniform(0.75, 1.25) * random.uniform(0.92, 1.08, size=3)
    offset = random.uniform(-20, 20)
    table = np.clip(np.arange(256)[:, None] * gain + offset, 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table[None])


def compress(picture: Picture, random: np.random.Generator) -> Picture:
    """JPEG artefacts: frames reach the detector as JPEG."""
    quality = int(random.integers(70, 96))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def _concatenate(first: Marks, second: Marks) -> Marks:
    return Marks(
        np.concatenate([first.boxes, second.boxes]),
        np.concatenate([first.scores, second.scores]),
        np.concatenate([first.moving, second.moving]),
    )


def _area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
