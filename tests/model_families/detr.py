"""Models of the DETR families, and their answers read as their authors do it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from framemesh.modeling.manifest import DecoderSpec, InputSpec
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import CLASSES, PLANTED
from tests.model_families.reading import Corners, Reading, four

QUERIES = 20
WIDTH, HEIGHT = 160, 128
INPUT = InputSpec("images", WIDTH, HEIGHT, scale=1 / 255)
NORMALIZED = replace(INPUT, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""With the mean and the deviation of ImageNet."""
THRESHOLD = 0.3


def _centred() -> Values:
    """[1, queries, 4] centre x, centre y, width, height in fractions."""
    boxes = np.zeros((1, QUERIES, 4), np.float32)
    for query, planted in enumerate(PLANTED):
        left, top, right, bottom = planted.box
        boxes[0, query] = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    return boxes


def _corners() -> Values:
    """[1, queries, 4] in fractions."""
    boxes = np.zeros((1, QUERIES, 4), np.float32)
    for query, planted in enumerate(PLANTED):
        boxes[0, query] = planted.box
    return boxes


def _class_values(columns: int, rest: float, *, logits: bool) -> tuple[Values, Values]:
    """[1, queries, columns] scores at rest and what brightness adds to them."""
    values = np.full((1, QUERIES, columns), rest, np.float32)
    slopes = np.zeros_like(values)
    for query, planted in enumerate(PLANTED):
        score = planted.score
        values[0, query, planted.class_id] = np.log(score / (1 - score)) if logits else score
        slopes[0, query, planted.class_id] = planted.slope * (4 if logits else 1)
    return values, slopes


def rf_detr() -> FamilyModel:
    graph = FamilyGraph.of(NORMALIZED)
    graph.output("dets", _centred())
    graph.output("labels", *_class_values(CLASSES, -8, logits=True))
    return FamilyModel(graph.save(), NORMALIZED, DecoderSpec("rf-detr", THRESHOLD), _sigmoid_top_k)


def rf_detr_seg() -> FamilyModel:
    """Each mask covers the left half of its box."""
    height, width = HEIGHT // 4, WIDTH // 4
    masks = np.full((1, QUERIES, height, width), -5, np.float32)
    for mask, corners in zip(masks[0], _corners()[0], strict=True):
        left, top, right, bottom = np.rint(corners * [width, height, width, height]).astype(int)
        mask[top:bottom, left : (left + right) // 2] = 5
    graph = FamilyGraph.of(NORMALIZED)
    graph.output("dets", _centred())
    graph.output("labels", *_class_values(CLASSES, -8, logits=True))
    graph.output("masks", masks)
    return FamilyModel(graph.save(), NORMALIZED, DecoderSpec("rf-detr", THRESHOLD), _sigmoid_top_k)


def rt_detr_logits() -> FamilyModel:
    graph = FamilyGraph.of(INPUT)
    graph.output("logits", *_class_values(CLASSES, -8, logits=True))
    graph.output("pred_boxes", _centred())
    decoder = DecoderSpec("rt-detr-logits", THRESHOLD)
    return FamilyModel(graph.save(), INPUT, decoder, _sigmoid_top_k)


def _sigmoid_top_k(answers: Mapping[str, Values]) -> list[Reading]:
    """The best of all queries and classes together."""
    logits = answers["labels"] if "labels" in answers else answers["logits"]
    boxes = answers["dets"] if "dets" in answers else answers["pred_boxes"]
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    found: list[Reading] = []
    for flat in np.argsort(-scores.reshape(-1), kind="stable")[:QUERIES]:
        query, class_id = divmod(int(flat), scores.shape[1])
        if scores[query, class_id] >= THRESHOLD:
            mask = answers["masks"][query] > 0 if "masks" in answers else None
            score = float(scores[query, class_id])
            found.append(Reading(class_id, score, _pixels(boxes[query]), mask=mask))
    return found


def detr() -> FamilyModel:
    values, slopes = _class_values(CLASSES + 1, -20, logits=True)
    values[:, :, -1] = 0
    graph = FamilyGraph.of(NORMALIZED)
    graph.output("logits", values, slopes)
    graph.output("pred_boxes", _centred())
    return FamilyModel(graph.save(), NORMALIZED, DecoderSpec("detr", THRESHOLD), _softmax)


def _softmax(answers: Mapping[str, Values]) -> list[Reading]:
    """One class a query, of which the last, "no object", is none."""
    found: list[Reading] = []
    for logits, box in zip(answers["logits"], answers["pred_boxes"], strict=True):
        weights = np.exp(logits.astype(np.float64))
        probabilities = (weights / weights.sum())[:-1]
        class_id = int(probabilities.argmax())
        if probabilities[class_id] >= THRESHOLD:
            found.append(Reading(class_id, float(probabilities[class_id]), _pixels(box)))
    return found


def rt_detr() -> FamilyModel:
    labels = np.zeros((1, QUERIES), np.float32)
    scores, slopes = np.zeros((2, 1, QUERIES), np.float32)
    for query, planted in enumerate(PLANTED):
        labels[0, query] = planted.class_id
        scores[0, query], slopes[0, query] = planted.score, planted.slope
    graph = FamilyGraph.of(INPUT)
    graph.second_input("orig_target_sizes", [1, 2], np.int64)
    graph.output("labels", labels, dtype=np.int64)
    graph.output("boxes", _corners() * np.array([WIDTH, HEIGHT, WIDTH, HEIGHT]))
    graph.output("scores", scores, slopes)
    return FamilyModel(
        graph.save(),
        INPUT,
        DecoderSpec("rt-detr", THRESHOLD),
        _ranked,
        second_inputs={"orig_target_sizes": np.array([[WIDTH, HEIGHT]])},
    )


def _ranked(answers: Mapping[str, Values]) -> list[Reading]:
    return [
        Reading(int(label), float(score), four(box))
        for label, score, box in zip(
            answers["labels"], answers["scores"], answers["boxes"], strict=True
        )
        if score >= THRESHOLD
    ]


def rt_detr_ultralytics() -> FamilyModel:
    scores, slopes = _class_values(CLASSES, 0, logits=False)
    graph = FamilyGraph.of(INPUT)
    graph.output(
        "output0",
        np.concatenate([_centred(), scores], axis=2),
        np.concatenate([np.zeros_like(_centred()), slopes], axis=2),
    )
    decoder = DecoderSpec("rt-detr-ultralytics", THRESHOLD)
    return FamilyModel(graph.save(), INPUT, decoder, _best_class)


def _best_class(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for row in answers["output0"]:
        class_id = int(row[4:].argmax())
        if row[4 + class_id] >= THRESHOLD:
            found.append(Reading(class_id, float(row[4 + class_id]), _pixels(row[:4])))
    return found


def _pixels(centred: Values) -> Corners:
    """Corners in pixels of the input."""
    x, y, width, height = map(float, centred)
    return (
        (x - width / 2) * WIDTH,
        (y - height / 2) * HEIGHT,
        (x + width / 2) * WIDTH,
        (y + height / 2) * HEIGHT,
    )


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "detr": detr,
    "rf-detr": rf_detr,
    "rf-detr-seg": rf_detr_seg,
    "rt-detr": rt_detr,
    "rt-detr-logits": rt_detr_logits,
    "rt-detr-ultralytics": rt_detr_ultralytics,
}
