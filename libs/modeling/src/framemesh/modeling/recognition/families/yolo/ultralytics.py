"""Files whose metadata Ultralytics' exporter wrote: the task and the classes are told, the rest
follows from the shape."""

from collections.abc import Iterator, Mapping

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.answers import (
    Check,
    boxes_and_scores,
    channels_first,
    oriented_rows,
    places_first,
    suppressed_rows,
)
from framemesh.modeling.recognition.guess import Evidence, Guess, not_told
from framemesh.modeling.recognition.metadata import UltralyticsMetadata, ultralytics_metadata
from framemesh.modeling.recognition.preparation import CROP, LETTERBOX, UNIT, Preparation
from framemesh.modeling.signature import OPEN, Tensor

TASKS: Mapping[str, str] = {
    "detect": "yolov8",
    "segment": "yolov8-seg",
    "pose": "yolov8-pose",
    "obb": "yolov8-obb",
}
"""The decoder of each task whose boxes are yet to be suppressed."""

ROW_VALUES = 6
"""Of a suppressed detection: x1, y1, x2, y2, score, class."""

MAX_COEFFICIENTS = 256
"""Of a mask; all versions have 32."""


def ultralytics(facts: ModelFacts) -> Iterator[Guess]:
    metadata = ultralytics_metadata(facts.metadata)
    if metadata is None:
        return
    if metadata.task == "classify":
        yield _guess(metadata, "classification", "task is classify", CROP)
        return
    main = [output for output in facts.outputs if len(output.shape) == 3]
    if len(main) == 1:
        masks = [output.shape[1] for output in facts.outputs if len(output.shape) == 4]
        yield from _detector(metadata, main[0], masks[0] if len(masks) == 1 else 0)


def _detector(metadata: UltralyticsMetadata, output: Tensor, prototypes: int) -> Iterator[Guess]:
    """`prototypes`: how many masks are mixed of; 0: none."""
    _, first, last = output.shape
    task, classes = metadata.task or "detect", len(metadata.names)
    rows = suppressed_rows(output.name)
    if metadata.suppressed:
        if task in TASKS and last >= ROW_VALUES:
            why = "the graph ends with the suppression"
            check = oriented_rows(output.name) if task == "obb" else rows
            yield _guess(metadata, "yolo-end2end", why, confirm=check)
        return
    if not metadata.task and prototypes and last == 5 + classes + prototypes:
        why = f"stride and names, and rows of 5 + {classes} + {prototypes} values"
        yield _guess(metadata, "yolov5-seg", why, confirm=places_first(output.name, classes))
    elif not metadata.task and last == 5 + classes:
        why = f"stride and names, and rows of 5 + {classes} values"
        yield _guess(metadata, "yolov5", why, confirm=places_first(output.name))
    elif _fits(first, _channels(metadata, task)):
        why = f"task is {task}, and {first} channels a place"
        check = channels_first(output.name, classes)
        yield _guess(metadata, TASKS[task], why, confirm=check)
    elif task == "detect" and last == 4 + classes:
        why = f"task is detect, and rows of 4 + {classes} values"
        check = boxes_and_scores(output.name)
        yield _guess(metadata, "rt-detr-ultralytics", why, UNIT, confirm=check)
    if task == "detect" and last == ROW_VALUES:
        why = "task is detect, and rows of 6 values"
        yield _guess(metadata, "yolo-end2end", why, confirm=rows)


def _channels(metadata: UltralyticsMetadata, task: str) -> range:
    """How many a place of an unsuppressed output may have."""
    boxes = 4 + len(metadata.names)
    match task:
        case "detect":
            return range(boxes, boxes + 1)
        case "segment":
            return range(boxes + 1, boxes + 1 + MAX_COEFFICIENTS)
        case "obb":
            return range(boxes + 1, boxes + 2)
        case "pose" if metadata.keypoints is not None:
            count, values = metadata.keypoints
            return range(boxes + count * values, boxes + count * values + 1)
        case _:
            return range(0)


def _keypoints(metadata: UltralyticsMetadata) -> dict[str, int]:
    """Options of the decoder: the outputs do not tell how many there are."""
    if metadata.task != "pose" or metadata.keypoints is None:
        return {}
    count, values = metadata.keypoints
    return {"keypoints": count, "keypoint_values": values}


def _fits(length: int, channels: range) -> bool:
    return length != OPEN and length in channels


def _guess(
    metadata: UltralyticsMetadata,
    decoder: str,
    why: str,
    preparation: Preparation = LETTERBOX,
    confirm: Check = not_told,
) -> Guess:
    return Guess(
        "Ultralytics",
        decoder,
        Evidence.METADATA,
        f"metadata: {why}",
        (preparation,),
        len(metadata.names),
        metadata.names,
        options=_keypoints(metadata),
        size=(metadata.width or 640, metadata.height or 640),
        confirm=confirm,
    )
