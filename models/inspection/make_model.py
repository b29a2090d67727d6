"""Makes an inspection model from pictures of good parts: no training, no GPU, a few seconds.

    python make_model.py                          the bundled model, from pictures that are made
    python make_model.py --good FOLDER            your own, from at least 20 pictures of good parts

What is usual is learned as a Gaussian of simple features (PaDiM: Defard et al., 2020, with a bank
of cosines in the place of a network); a place is as unusual as its Mahalanobis distance.
Needs numpy, opencv-python-headless and onnx.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from surface import SIDE, Image, good

PATCH, STRIDE = 16, 4
"""Side of the place that a feature describes, and the distance of two places, in pixels."""

FREQUENCIES = 6
"""Cosines a side: the feature has this number squared, less one: the mean says only how bright it
is."""

SMOOTHED = 3
"""Places across which the distance is averaged."""

MARGIN = 1.1
"""A score of 0.5 is so many times that of the most unusual place of all good pictures."""

OPSET, IR_VERSION = 17, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--good", type=Path, help="a folder of pictures of good parts")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "1" / "model.onnx")
    options = parser.parse_args()
    pictures = list(_read(options.good) if options.good else _made(60))
    if len(pictures) < 20:
        parser.error(f"{len(pictures)} pictures: at least 20 are needed to know what is usual")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(fitted(pictures), options.out)
    print(f"{options.out}: from {len(pictures)} pictures")


def fitted(pictures: Sequence[Image]) -> onnx.ModelProto:
    """The model of what is usual in pictures of good parts."""
    bank = cosines()
    # Every second picture says what is usual, the others how unusual good ones are at most.
    features = np.concatenate([_features(each, bank) for each in pictures[::2]])
    mean = features.mean(axis=0)
    covariance = np.cov(features, rowvar=False) + 1e-6 * np.eye(len(bank))
    whitening = np.linalg.cholesky(np.linalg.inv(covariance)).T
    highest = max(_distances(each, bank, whitening, mean).max() for each in pictures[1::2])
    return _graph(bank, whitening, mean, MARGIN * float(highest))


def cosines() -> NDArray[np.float64]:
    """[features, PATCH, PATCH]: the lowest frequencies of a discrete cosine transform."""
    at = (np.arange(PATCH) + 0.5) * np.pi / PATCH
    lines = [np.cos(at * frequency) for frequency in range(FREQUENCIES)]
    waves = [np.outer(down, across) for down in lines for across in lines][1:]
    return np.array([wave / np.linalg.norm(wave) for wave in waves])


def _features(picture: Image, bank: NDArray[np.float64]) -> NDArray[np.float64]:
    """[places, features]"""
    grey = cv2.cvtColor(cv2.resize(picture, (SIDE, SIDE)), cv2.COLOR_BGR2RGB) / 255
    windows = np.lib.stride_tricks.sliding_window_view(grey.mean(axis=2), (PATCH, PATCH))
    places = windows[::STRIDE, ::STRIDE].reshape(-1, PATCH * PATCH)
    return np.asarray(places @ bank.reshape(len(bank), -1).T)


def _distances(
    picture: Image,
    bank: NDArray[np.float64],
    whitening: NDArray[np.float64],
    mean: NDArray[np.float64],
) -> NDArray[np.float64]:
    """[rows, columns], averaged over neighbours."""
    white = (_features(picture, bank) - mean) @ whitening.T
    side = (SIDE - PATCH) // STRIDE + 1
    distances = np.sqrt((white**2).sum(axis=1)).reshape(side, side)
    return np.asarray(cv2.blur(distances, (SMOOTHED, SMOOTHED), borderType=cv2.BORDER_REFLECT_101))


def _graph(
    bank: NDArray[np.float64],
    whitening: NDArray[np.float64],
    mean: NDArray[np.float64],
    limit: float,
) -> onnx.ModelProto:
    """A convolution that makes whitened features, their norm, and its average over neighbours."""
    # Whitened features are one convolution: W (B x - m) = (W B) x - W m.
    kernel = (whitening @ bank.reshape(len(bank), -1)).reshape(len(bank), 1, PATCH, PATCH)
    weights = {
        "kernel": np.repeat(kernel, 3, axis=1) / 3,
        "bias": -(whitening @ mean),
        "limit": np.array(limit),
    }
    pads = [SMOOTHED // 2] * 4
    nodes = [
        helper.make_node("Conv", ["input", "kernel", "bias"], ["white"], strides=[STRIDE] * 2),
        helper.make_node("ReduceL2", ["white"], ["distance"], axes=[1], keepdims=1),
        helper.make_node(
            "AveragePool", ["distance"], ["smooth"], kernel_shape=[SMOOTHED] * 2, pads=pads
        ),
        # 0 to 1, and 0.5 at the limit.
        helper.make_node("Add", ["smooth", "limit"], ["sum"]),
        helper.make_node("Div", ["smooth", "sum"], ["anomaly_map"]),
        helper.make_node("GlobalMaxPool", ["anomaly_map"], ["highest"]),
        helper.make_node("Flatten", ["highest"], ["pred_score"]),
    ]
    side = (SIDE - PATCH) // STRIDE + 1
    number = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "inspection",
        [helper.make_tensor_value_info("input", number, ["batch", 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("pred_score", number, ["batch", 1]),
            helper.make_tensor_value_info("anomaly_map", number, ["batch", 1, side, side]),
        ],
        [
            numpy_helper.from_array(value.astype(np.float32), name)
            for name, value in weights.items()
        ],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


def _made(count: int) -> Iterator[Image]:
    random = np.random.default_rng(1)
    for _ in range(count):
        yield good(random).image


def _read(folder: Path) -> Iterator[Image]:
    for path in sorted(folder.iterdir()):
        if (picture := cv2.imread(str(path))) is not None:
            yield np.asarray(picture, np.uint8)


if __name__ == "__main__":
    main()
