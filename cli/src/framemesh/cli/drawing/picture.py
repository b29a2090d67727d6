"""Detections drawn on a picture."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.drawing.colors import Color, area_color, class_color, value_color
from framemesh.cli.drawing.labels import Labels
from framemesh.cli.drawing.outlines import Bones, draw_keypoints, draw_outline
from framemesh.cli.drawing.overlays import draw_mask, draw_raster
from framemesh.cli.drawing.pixels import Canvas, Pixels
from framemesh.cli.views.detection import SHOWN_CLASSES, area, name

NO_SKELETONS: Mapping[str, Bones] = MappingProxyType({})


def draw(
    picture: Pixels,
    detections: Sequence[outcome_pb2.Detection],
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
        if detection.HasField("raster"):
            draw_raster(canvas, detection)
    for detection in detections:
        if detection.HasField("mask"):
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


def _lines(detection: outcome_pb2.Detection) -> Iterator[tuple[str, Color]]:
    """The labels of a detection; those of a raster tell what its colors mean."""
    raster = detection.raster
    if raster.areas:
        for one in raster.areas[:SHOWN_CLASSES]:
            yield area(one), area_color(one)
    elif raster.kind == outcome_pb2.RASTER_KIND_DEPTH:
        yield f"depth {raster.low:.3g}", value_color(raster.kind, 0)
        yield f"depth {raster.high:.3g}", value_color(raster.kind, 255)
    elif raster.kind == outcome_pb2.RASTER_KIND_ANOMALY:
        yield name(detection), value_color(raster.kind, round(255 * min(1, detection.score)))
    else:
        yield name(detection), class_color(detection.class_id)


def _anchor(
    detection: outcome_pb2.Detection, among: Sequence[outcome_pb2.Detection]
) -> outcome_pb2.Box | None:
    """What a label stands beside: the box of the detection, or of the nearest one in whose crop it
    was found; of an oriented box its highest corner. None is the frame."""
    # Each step goes to an earlier detection, so it ends also where a parent is wrong.
    at = len(among)
    while not detection.HasField("box"):
        if not detection.HasField("parent") or detection.parent >= at:
            return None
        at = detection.parent
        detection = among[at]
    if not detection.corners:
        return detection.box
    highest = min(detection.corners, key=lambda corner: corner.y)
    return outcome_pb2.Box(left=highest.x, top=highest.y, right=highest.x, bottom=highest.y)
