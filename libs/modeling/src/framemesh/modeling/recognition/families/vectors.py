"""One vector for the whole image: classes, attributes, or an embedding."""

from collections.abc import Callable, Iterator

import numpy as np

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import UNKNOWN
from framemesh.modeling.recognition.probe import Probe, Values, sums_to_one, within

SIZE = (224, 224)
"""Of nearly all classifiers."""

MIN_EMBEDDING = 64

LOGITS = "logits may be those of one class, of many labels, or an embedding"


def vectors(facts: ModelFacts) -> Iterator[Guess]:
    if len(facts.outputs) != 1:
        return
    (output,) = facts.outputs
    if len(output.shape) < 2 or any(length != 1 for length in output.shape[2:]):
        return
    length, batch = output.shape[1], max(1, facts.image.batch)
    if length > 1:
        yield _vector(output.name, "classification", _classes, batch=batch, classes=length)
    yield _vector(output.name, "multi-label", _attributes, batch=batch, classes=max(0, length))
    if length >= MIN_EMBEDDING:
        yield _vector(output.name, "embedding", _embedding, batch=batch, labels=("embedding",))


def _vector(
    output: str,
    decoder: str,
    judge: Callable[[Values], Finding],
    *,
    batch: int,
    classes: int = 0,
    labels: tuple[str, ...] = (),
) -> Guess:
    def check(probe: Probe) -> Finding:
        rows = probe.outputs[output]
        if rows.shape[0] != batch:
            return contradicted(f"{rows.shape[0]} rows for {batch} images are not one an image")
        return judge(rows[0].astype("float32").reshape(-1))

    return Guess(
        decoder,
        decoder,
        Evidence.SHAPES,
        f"{output} is one vector",
        UNKNOWN,
        classes,
        labels,
        size=SIZE,
        confirm=check,
    )


def _classes(values: Values) -> Finding:
    if sums_to_one(values):
        return confirmed("the values sum to 1, as a softmax makes them", activation="none")
    if within(values, 0, 1):
        return contradicted("values between 0 and 1 that do not sum to 1 are no softmax")
    return open_question(LOGITS, activation="softmax")


def _attributes(values: Values) -> Finding:
    if sums_to_one(values) and values.size > 1:
        return contradicted("the values sum to 1: one class of many")
    if within(values, 0, 1):
        return open_question(
            "values between 0 and 1 may be scores of many labels", activation="none"
        )
    return open_question(LOGITS, activation="sigmoid")


def _embedding(values: Values) -> Finding:
    if within(values, 0, 1):
        return contradicted("values between 0 and 1 are scores")
    if abs(float(np.linalg.norm(values)) - 1) < 1e-3:
        return confirmed("a vector of length 1 with negative values")
    return open_question(LOGITS)
