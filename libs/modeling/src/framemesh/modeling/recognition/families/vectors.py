"""One vector for the whole image: classes, attributes, or an embedding."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

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
from framemesh.modeling.signature import Tensor

SIZE = (224, 224)
"""Of nearly all classifiers."""

MIN_EMBEDDING = 64

LOGITS = "logits may be those of one class, of many labels, or an embedding"


def vectors(facts: ModelFacts) -> Iterator[Guess]:
    if not all(_is_vector(output) for output in facts.outputs):
        return
    for output in facts.outputs:
        # Of several heads, one is read.
        head = {"output": output.name} if len(facts.outputs) > 1 else {}
        yield from _head(output, max(1, facts.image.batch), head)


def _is_vector(output: Tensor) -> bool:
    return len(output.shape) >= 2 and all(length == 1 for length in output.shape[2:])


def _head(output: Tensor, batch: int, options: dict[str, Any]) -> Iterator[Guess]:
    length = max(0, output.shape[1])
    vector = partial(_vector, output.name, batch=batch, options=options)
    yield vector("classification", _classes, classes=length)
    yield vector("multi-label", _attributes, classes=length)
    if length >= MIN_EMBEDDING:
        yield vector("embedding", _embedding, labels=("embedding",))


def _vector(
    output: str,
    decoder: str,
    judge: Callable[[Values], Finding],
    *,
    batch: int,
    options: dict[str, Any],
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
        options=options,
        size=SIZE,
        confirm=check,
    )


def _classes(values: Values) -> Finding:
    if values.size == 1:
        activation = "none" if within(values, 0, 1) else "sigmoid"
        return open_question("how likely one thing is, or another", activation=activation)
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
