"""Makes a model that marks cell nuclei: a bank of blurs, and a small network on top of it.

    python make_model.py

The network is trained by plain gradient descent in numpy, in less than a minute on one core. Needs
numpy, opencv-python-headless and onnx.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
from micrograph import SIDE, micrograph
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIGMAS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Of the blurs, in pixels: how bright it is here, nearby, and further away."""

RADIUS = 40
"""Of the largest blur's kernel, in pixels."""

HIDDEN = 12
PICTURES, PIXELS = 60, 1500
"""For training: pictures, and pixels of each."""
STEPS, RATE, BATCH = 4000, 0.05, 512
OPSET, IR_VERSION = 17, 8

Array = NDArray[np.float64]


def main() -> None:
    random = np.random.default_rng(1)
    features, wanted = (np.concatenate(some) for some in zip(*_samples(random), strict=True))
    mean, std = features.mean(axis=0), features.std(axis=0)
    layers = _trained((features - mean) / std, wanted, random)
    out = Path(__file__).parent / "1" / "model.onnx"
    out.parent.mkdir(exist_ok=True)
    onnx.save(_graph(layers, mean, std), out)
    print(f"{out}: from {len(features)} pixels")


def _samples(random: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    for _ in range(PICTURES):
        sample = micrograph(random)
        at = random.integers(0, SIDE * SIDE, PIXELS)
        yield _features(sample.image).reshape(-1, len(SIGMAS))[at], sample.inside.reshape(-1)[at]


def _features(image: NDArray[np.uint8]) -> Array:
    """[height, width, blurs]: of values of 0 to 1, with zeros beyond the border."""
    values = image.astype(np.float64) / 255
    blurred = [
        cv2.sepFilter2D(values, -1, _kernel(each), _kernel(each), borderType=cv2.BORDER_CONSTANT)
        for each in SIGMAS
    ]
    return np.stack(blurred, axis=2)


def _kernel(sigma: float) -> Array:
    """[2 * RADIUS + 1]: a Gaussian of sum 1."""
    weights = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def _trained(features: Array, wanted: Array, random: np.random.Generator) -> list[Array]:
    """Weights and biases of two layers, by gradient descent with momentum on the log loss."""
    layers = [
        random.normal(0, 0.5, (len(SIGMAS), HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, 0.3, (HIDDEN, 1)),
        np.zeros(1),
    ]
    speeds = [np.zeros_like(each) for each in layers]
    for step in range(STEPS):
        at = random.integers(0, len(features), BATCH)
        rate = RATE * (1 - step / STEPS)
        gradients = _gradients(layers, features[at], wanted[at])
        speeds = [
            0.9 * speed - rate * gradient for speed, gradient in zip(speeds, gradients, strict=True)
        ]
        layers = [each + speed for each, speed in zip(layers, speeds, strict=True)]
    return layers


def _gradients(layers: list[Array], features: Array, wanted: Array) -> list[Array]:
    first, first_bias, second, second_bias = layers
    hidden = np.maximum(features @ first + first_bias, 0)
    likely = 1 / (1 + np.exp(-(hidden @ second + second_bias)))
    wrong = (likely - wanted[:, None]) / len(features)
    back = (wrong @ second.T) * (hidden > 0)
    return [features.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)]


def _graph(layers: list[Array], mean: Array, std: Array) -> onnx.ModelProto:
    """Blurs along rows and columns, then the two layers as convolutions of one pixel."""
    first, first_bias, second, second_bias = layers
    # Centred and scaled features are a part of the first layer.
    weights = {
        "rows": np.stack([_kernel(each) for each in SIGMAS])[:, None, None, :],
        "columns": np.stack([_kernel(each) for each in SIGMAS])[:, None, :, None],
        "first": (first / std[:, None]).T[:, :, None, None],
        "first_bias": first_bias - (mean / std) @ first,
        "second": second.T[:, :, None, None],
        "second_bias": second_bias,
    }
    nodes = [
        helper.make_node("Conv", ["input", "rows"], ["across"], pads=[0, RADIUS, 0, RADIUS]),
        helper.make_node(
            "Conv",
            ["across", "columns"],
            ["blurred"],
            pads=[RADIUS, 0, RADIUS, 0],
            group=len(SIGMAS),
        ),
        helper.make_node("Conv", ["blurred", "first", "first_bias"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Conv", ["active", "second", "second_bias"], ["logits"]),
    ]
    number, shape = TensorProto.FLOAT, ["batch", 1, SIDE, SIDE]
    graph = helper.make_graph(
        nodes,
        "cells",
        [helper.make_tensor_value_info("input", number, shape)],
        [helper.make_tensor_value_info("logits", number, shape)],
        [
            numpy_helper.from_array(value.astype(np.float32), name)
            for name, value in weights.items()
        ],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    main()
