"""YOLO files without metadata: the shape gives the candidates, the values tell them apart."""

from collections.abc import Iterator

from framemesh.modeling.recognition.coco import COCO
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.answers import (
    Check,
    boxes_and_scores,
    offsets_and_logs,
    places_first,
    suppressed_rows,
)
from framemesh.modeling.recognition.families.yolo.channels import (
    MIN_PLACES,
    channel_tasks,
    masked,
    turned_tasks,
)
from framemesh.modeling.recognition.families.yolo.grids import anchored, one_a_cell
from framemesh.modeling.recognition.families.yolo.rows import ROW_VALUES, masked_rows, more_rows
from framemesh.modeling.recognition.families.yolo.shaped import shaped
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    open_question,
)
from framemesh.modeling.recognition.preparation import LETTERBOX, UNIT, YOLOX
from framemesh.modeling.recognition.probe import Probe
from framemesh.modeling.signature import OPEN, Tensor


def yolo(facts: ModelFacts) -> Iterator[Guess]:
    maps = [output for output in facts.outputs if len(output.shape) == 3]
    prototypes = [output for output in facts.outputs if len(output.shape) == 4]
    if len(facts.outputs) == 1 and len(maps) == 1:
        (output,) = maps
        _, first, last = output.shape
        if MIN_PLACES > last > 4 and 0 < first < MIN_PLACES:
            if last == ROW_VALUES:
                rows = suppressed_rows(output.name)
                yield shaped(output, "yolo-end2end", f"rows of {ROW_VALUES} values", rows)
            yield _queries(output)
            yield from more_rows(output)
        elif first >= MIN_PLACES and first > last > 4:
            yield from _places_first(facts, output)
        elif first > 4 and (last >= MIN_PLACES or last == OPEN):
            yield from channel_tasks(output)
    elif len(facts.outputs) == 2 and len(maps) == len(prototypes) == 1:
        yield from masked(facts, maps[0], prototypes[0])
        yield from masked_rows(maps[0], prototypes[0])


def _queries(output: Tensor) -> Guess:
    """Ultralytics' RT-DETR without its metadata."""
    classes = output.shape[2] - 4
    usual = boxes_and_scores(output.name)

    def check(probe: Probe) -> Finding:
        found = usual(probe)
        if found.verdict == "confirmed" and classes != len(COCO):
            return open_question("what lies between 0 and 1 may be something else as well")
        return found

    why = f"rows of 4 + {classes} values"
    return shaped(output, "rt-detr-ultralytics", why, check, classes=classes, preparation=UNIT)


def _places_first(facts: ModelFacts, output: Tensor) -> Iterator[Guess]:
    _, places, values = output.shape
    classes, check = values - 5, places_first(output.name)
    shape = f"{places} places of 5 + {classes} values"
    if not anchored(facts, places):
        yield from turned_tasks(output)
    if not classes:
        return
    if anchored(facts, places):
        yield shaped(output, "yolov5", shape, check, classes=classes)
        return
    if not one_a_cell(facts, places):
        possible = _open(check, "not so many places as its grids have")
        yield shaped(output, "yolov5", shape, possible, classes=classes)
        return
    # One place a cell: YOLOX, decoded or not, and YOLOv6 have the same shape.
    raw = offsets_and_logs(output.name)
    yield shaped(output, "yolox", shape, raw, classes=classes, preparation=YOLOX)
    yield Guess(
        "YOLOv6, or YOLOX with decoded boxes",
        "yolov5",
        Evidence.SHAPES,
        shape,
        (LETTERBOX, YOLOX),
        classes,
        confirm=_open(check, "YOLOX that is decoded already has such values as well"),
    )


def _open(usual: Check, why: str) -> Check:
    """As `usual`, but what it confirms is only possible."""

    def check(probe: Probe) -> Finding:
        found = usual(probe)
        return open_question(why) if found.verdict == "confirmed" else found

    return check
