"""What a model tells of a thing beside its class and box, brought back to the frame."""

import zlib
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import (
    Box,
    ClassArea,
    Detection,
    Keypoint,
    Mask,
    Point,
    Raster,
    RasterKind,
)
from framemesh.modeling.result_size import MAX_MASK_RUNS, MAX_RASTER_SIDE
from framemesh.vision.projection import WHOLE, Projection
from framemesh.worker.vision.decoders.decoder import RawDetail, RawRaster


def with_detail(
    detection: Detection,
    detail: RawDetail,
    projection: Projection,
    region: Box | None,
    labels: Sequence[str],
) -> Detection:
    """A detection with what else its model tells of it.

    A mask or a raster of the whole image gets the part that the model saw as its box, if that is
    not the whole frame.

    Args:
        detection: its box, in fractions of the image that the model saw.
        region: where that image lies in the frame, if it is a crop.
    """
    area = detection.box or projection.seen
    mask = None if detail.mask is None else to_mask(detail.mask, projection, area)
    raster = None if detail.raster is None else to_raster(detail.raster, projection, labels)
    box = detection.box
    if box is None and (mask or raster):
        seen = area if region is None else area.within(region)
        box = None if seen == WHOLE else seen
    return replace(
        detection if raster is None else _named_after_largest(detection, raster),
        box=box,
        corners=tuple(_in_frame(projection.point(at), region) for at in detail.corners),
        keypoints=tuple(
            Keypoint(_in_frame(projection.point(keypoint.at), region), keypoint.score)
            for keypoint in detail.keypoints
        ),
        mask=mask,
        raster=raster,
        text=detail.text,
        embedding=detail.embedding,
    )


def _named_after_largest(detection: Detection, raster: Raster) -> Detection:
    """A raster of classes has the label of the one that takes most of it, and as score its part."""
    if not raster.areas:
        return detection
    largest = raster.areas[0]
    return replace(detection, label=largest.label, class_id=largest.class_id, score=largest.area)


def to_mask(inside: NDArray[np.bool_], projection: Projection, area: Box) -> Mask:
    """`inside`, [height, width] over the input, as a mask over `area`, a box of the image.

    It is made coarser until it has at most MAX_MASK_RUNS.
    """
    columns, rows = projection.cells(inside, area)
    while True:
        cells = projection.sampled(inside, area, columns, rows).reshape(-1)
        changes = np.flatnonzero(np.diff(cells, prepend=False))
        runs = np.diff(np.concatenate(([0], changes, [cells.size])))
        if len(runs) <= MAX_MASK_RUNS:
            return Mask(columns, rows, tuple(runs.tolist()))
        columns, rows = max(1, columns // 2), max(1, rows // 2)


def to_raster(raw: RawRaster, projection: Projection, labels: Sequence[str]) -> Raster:
    """The part of a raster that lies on the image, over what the model saw of it.

    It has at most MAX_RASTER_SIDE cells a side.
    """
    columns, rows = projection.cells(raw.values, projection.seen)
    values = projection.sampled(raw.values, projection.seen, columns, rows)
    factor = min(1.0, MAX_RASTER_SIDE / max(columns, rows))
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    areas: tuple[ClassArea, ...] = ()
    if raw.kind is RasterKind.CLASSES:
        areas = _areas(values, labels)
        cells = cv2.resize(values.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    else:
        scaled = (values.astype(np.float32) - raw.low) / max(raw.high - raw.low, 1e-12)
        smaller = cv2.resize(scaled, size, interpolation=cv2.INTER_AREA)
        cells = np.rint(np.clip(smaller, 0.0, 1.0) * 255).astype(np.uint8)
    return Raster(raw.kind, *size, zlib.compress(cells.tobytes()), raw.low, raw.high, areas)


def _areas(values: NDArray[np.generic], labels: Sequence[str]) -> tuple[ClassArea, ...]:
    classes, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(
        ClassArea(int(classes[at]), labels[int(classes[at])], float(counts[at]) / values.size)
        for at in order
    )


def _in_frame(at: Point, region: Box | None) -> Point:
    if region is None:
        return at
    return Point(
        region.left + at.x * (region.right - region.left),
        region.top + at.y * (region.bottom - region.top),
    )
