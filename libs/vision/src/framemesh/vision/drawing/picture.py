"""Detections drawn on a picture."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from framemesh.core.detection import Box, Detection, RasterKind
from framemesh.vision.drawing.colors import Color, area_color, class_color, value_color
from framemesh.vision.drawing.labels import Labels
from framemesh.vision.drawing.outlines import Bones, draw_keypoints, draw_outline
from framemesh.vision.drawing.overlays import draw_mask, draw_raster
from framemesh.vision.drawing.pixels import Canvas, Pixels
from framemesh.vision.drawing.words import SHOWN_CLASSES, area, name

NO_SKELETONS: Mapping[str, Bones] = MappingProxyType({})


def draw(
    picture: Pixels,
    detections: Sequence[Detection],
    skeletons: Mapping[str, Bones] = NO_SKELETONS,
) -> Pixels:
    """A copy of `picture` with all that the detections tell, and a label for each.

    Args:
        skeletons: by the stage whose model has one: outcomes do not carry what never changes.

    Raises:
        GridUnreadable: a mask or a raster is damaged.
    """
    canvas = Canvas(picture.copy())
    # What covers an area lies below what is thin, and the labels above all.
    for detection in detections:
        if detection.raster is not None:
            draw_raster(canvas, detection)
    for detection in detections:
        if detection.mask is not None:
            draw_mask(canvas, detection, class_color(detection.class_id))
    for detection in detections:
        color = class_color(detection.class_id)
        draw_outline(canvas, detection, color)
        draw_keypoints(canvas, detection, color, skeletons.get(detection.stage, ()))
    labels = Labels(canvas)
    for detection in detections:
        box = _anchor(detection, detections)
        for line, color in _lines(detection):
            if box is None:
                labels.of_frame(line, color)
            else:
                labels.beside(box, line, color)
    return canvas.pixels


def _lines(detection: Detection) -> Iterator[tuple[str, Color]]:
    """The labels of a detection; those of a raster tell what its colors mean."""
    raster = detection.raster
    if raster is None:
        yield name(detection), class_color(detection.class_id)
    elif raster.areas:
        for one in raster.areas[:SHOWN_CLASSES]:
            yield area(one), area_color(one)
    elif raster.kind is RasterKind.DEPTH:
        yield f"depth {raster.low:.3g}", value_color(raster.kind, 0)
        yield f"depth {raster.high:.3g}", value_color(raster.kind, 255)
    elif raster.kind is RasterKind.ANOMALY:
        yield name(detection), value_color(raster.kind, round(255 * min(1, detection.score)))
    else:
        yield name(detection), class_color(detection.class_id)


def _anchor(detection: Detection, among: Sequence[Detection]) -> Box | None:
    """What a label stands beside: the box of the detection, or of the nearest one in whose crop it
    was found; of an oriented box its highest corner. None is the frame."""
    # Each step goes to an earlier detection, so it ends also where a parent is wrong.
    at = len(among)
    while detection.box is None:
        if detection.parent is None or detection.parent >= at:
            return None
        at = detection.parent
        detection = among[at]
    if not detection.corners:
        return detection.box
    highest = min(detection.corners, key=lambda corner: corner.y)
    return Box(left=highest.x, top=highest.y, right=highest.x, bottom=highest.y)
