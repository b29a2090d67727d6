"""Decoders of what is told of the whole picture: classes, maps, a vector, text, one pose."""

import numpy as np

from framemesh.modeling.manifest import Activation
from framemesh.worker.vision.decoders.decoder import Array
from tests.contract.decoder_cases.case import CLASSES, Case, Random, uniform

SIGMOID = {"activation": Activation.SIGMOID}


def text_map(random: Random) -> Array:
    """[1, 64, 96]: bars of text, some at the edges."""
    values = np.zeros((1, 64, 96), np.float32)
    for top in range(0, 64, 8):
        left, right = sorted(random.integers(0, 96, 2).tolist())
        values[0, top : top + 5, left : max(right, left + 6)] = random.uniform(0.4, 0.99)
    return values


CASES = [
    Case(
        "classification",
        {"logits": (CLASSES,)},
        lambda random: {"logits": uniform(random, CLASSES, low=-4, high=4)},
        quiet=1 / CLASSES,
        class_axis=("logits", 0),
    ),
    Case(
        "multi-label",
        {"logits": (CLASSES,)},
        lambda random: {"logits": uniform(random, CLASSES, low=-1, high=4)},
        quiet=-8,
        class_axis=("logits", 0),
        options=SIGMOID,
    ),
    Case(
        "semantic",
        {"out": (CLASSES, 12, 16)},
        lambda random: {"out": uniform(random, CLASSES, 12, 16, low=-4, high=4)},
        class_axis=("out", 0),
        always=True,
    ),
    Case(
        "anomaly",
        {"pred_score": (1,), "anomaly_map": (1, 12, 16)},
        lambda random: {
            "pred_score": uniform(random, 1, low=0.5),
            "anomaly_map": uniform(random, 1, 12, 16),
        },
        labels=1,
    ),
    Case("db-text", {"map": (1, 64, 96)}, lambda random: {"map": text_map(random)}, labels=1),
    Case(
        "depth",
        {"predicted_depth": (12, 16)},
        lambda random: {"predicted_depth": uniform(random, 12, 16, high=90)},
        labels=1,
        always=True,
    ),
    Case(
        "embedding",
        {"vector": (32,)},
        lambda random: {"vector": uniform(random, 32, low=-1)},
        labels=1,
        always=True,
    ),
    Case(
        "ctc",
        {"steps": (20, CLASSES + 1)},
        lambda random: {"steps": uniform(random, 20, CLASSES + 1, low=-4, high=4)},
        class_axis=("steps", 1),
    ),
    Case(
        "simcc",
        {"simcc_x": (5, 128), "simcc_y": (5, 96)},
        lambda random: {"simcc_x": uniform(random, 5, 128), "simcc_y": uniform(random, 5, 96)},
        labels=1,
    ),
    Case(
        "movenet",
        {"output_0": (1, 17, 3)},
        lambda random: {"output_0": uniform(random, 1, 17, 3)},
        labels=1,
    ),
    Case(
        "heatmap-pose",
        {"maps": (5, 12, 16)},
        lambda random: {"maps": uniform(random, 5, 12, 16)},
        labels=1,
    ),
]
