"""Decoders of a score and a box for each place."""

import numpy as np

from tests.contract.decoder_cases.case import CLASSES, Case, corners, uniform

CASES = [
    Case(
        "centernet",
        {"heatmap": (CLASSES, 16, 16), "boxes": (4, 16, 16)},
        lambda random: {
            "heatmap": uniform(random, CLASSES, 16, 16),
            "boxes": corners(random, 256).T.reshape(4, 16, 16),
        },
        class_axis=("heatmap", 0),
    ),
    Case(
        "fastestdet",
        {"758": (5 + CLASSES, 22, 22)},
        lambda random: {
            "758": np.concatenate(
                [
                    uniform(random, 1, 22, 22),
                    uniform(random, 4, 22, 22, low=-3, high=3),
                    uniform(random, CLASSES, 22, 22),
                ]
            )
        },
        class_axis=("758", 0),
    ),
    Case(
        "ssd",
        {"scores": (500, CLASSES), "boxes": (500, 4)},
        lambda random: {
            "scores": uniform(random, 500, CLASSES),
            "boxes": corners(random, 500),
        },
        class_axis=("scores", 1),
    ),
]
