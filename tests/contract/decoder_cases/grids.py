"""Decoders of distances from the places of grids."""

import numpy as np
from numpy.typing import NDArray

from tests.contract.decoder_cases.case import CLASSES, INPUT_SIZE, Case, Random, uniform

CELLS = {
    stride: -(-INPUT_SIZE[0] // stride) * -(-INPUT_SIZE[1] // stride) for stride in (8, 16, 32)
}
PLACES = sum(CELLS.values())
COLUMNS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def faces(random: Random) -> dict[str, NDArray[np.float32]]:
    """Of YuNet."""
    return {
        f"{kind}_{stride}": uniform(random, cells, columns, low=0 if columns == 1 else -1)
        for kind, columns in COLUMNS.items()
        for stride, cells in CELLS.items()
    }


def anchored_faces(random: Random) -> dict[str, NDArray[np.float32]]:
    """Of SCRFD, each kind in an order of its own."""
    return {
        f"{columns}{stride}": uniform(random, 2 * cells, columns, high=1 if columns == 1 else 3)
        for columns in (1, 4, 10)
        for stride, cells in sorted(CELLS.items(), key=lambda cell: cell[0] * (columns - 3))
    }


PICODET = {
    **{f"scores_{stride}": (cells, CLASSES) for stride, cells in (*CELLS.items(), (64, 2))},
    **{f"distances_{stride}": (cells, 32) for stride, cells in (*CELLS.items(), (64, 2))},
}
RETINAFACE = 2 * PLACES
YUNET_2021 = 3 * CELLS[8] + 2 * CELLS[16] + 2 * CELLS[32] + 3
"""Priors."""
YUNET = faces(np.random.default_rng(0))
SCRFD = anchored_faces(np.random.default_rng(0))


def heat_of_faces(random: Random) -> dict[str, NDArray[np.float32]]:
    """Of CenterFace."""
    rows, columns = INPUT_SIZE[1] // 4, INPUT_SIZE[0] // 4
    return {
        "537": uniform(random, 1, rows, columns),
        "538": uniform(random, 2, rows, columns, high=2),
        "539": uniform(random, 2, rows, columns),
        "540": uniform(random, 10, rows, columns),
    }


CENTERFACE = heat_of_faces(np.random.default_rng(0))

CASES = [
    Case(
        "centerface",
        {name: values.shape for name, values in CENTERFACE.items()},
        heat_of_faces,
        labels=1,
    ),
    Case(
        "nanodet",
        {"output": (PLACES, CLASSES + 32)},
        lambda random: {
            "output": np.concatenate(
                [uniform(random, PLACES, CLASSES), uniform(random, PLACES, 32, low=-3, high=3)],
                axis=1,
            )
        },
        class_axis=("output", 1),
    ),
    Case(
        "picodet",
        PICODET,
        lambda random: {
            name: uniform(random, *shape, low=0 if shape[1] == CLASSES else -3)
            for name, shape in PICODET.items()
        },
    ),
    Case(
        "retinaface",
        {"bbox": (1, RETINAFACE, 4), "confidence": (1, RETINAFACE, 2), "landmark": (1, -1, 10)},
        lambda random: {
            "bbox": uniform(random, 1, RETINAFACE, 4, low=-3, high=3),
            "confidence": uniform(random, 1, RETINAFACE, 2),
            "landmark": uniform(random, 1, RETINAFACE, 10, low=-3, high=3),
        },
        quiet_outputs={
            name: np.zeros((1, RETINAFACE, columns), np.float32)
            for name, columns in (("bbox", 4), ("confidence", 2), ("landmark", 10))
        },
        labels=1,
    ),
    Case(
        "yunet-2021",
        {"loc": (YUNET_2021, 14), "conf": (YUNET_2021, 2), "iou": (YUNET_2021, 1)},
        lambda random: {
            "loc": uniform(random, YUNET_2021, 14, low=-3, high=3),
            "conf": uniform(random, YUNET_2021, 2),
            "iou": uniform(random, YUNET_2021, 1, low=-0.5, high=1.2),
        },
        labels=1,
    ),
    Case(
        "scrfd",
        {name: (-1, values.shape[1]) for name, values in SCRFD.items()},
        anchored_faces,
        quiet_outputs={name: np.zeros_like(values) for name, values in SCRFD.items()},
        labels=1,
    ),
    Case(
        "yunet",
        {name: values.shape for name, values in YUNET.items()},
        faces,
        labels=1,
    ),
]
