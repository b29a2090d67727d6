"""Makes a detector of small ships: a bank of blurs around each place, and a small network on top.

    python make_model.py

The network is trained by plain gradient descent in numpy, in about two minutes on one core. Needs
numpy, opencv-python-headless and onnx.
"""

from pathlib import Path

import cv2
import numpy as np
import onnx
from harbour import Sample, harbour
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, STRIDE = 640, 4
"""Of the input, and between two places, in pixels."""

RADIUS = 24
"""Of the largest kernel, in pixels."""

HIDDEN = 48
PICTURES, SHIPS, PICTURE_SIDE = 24, 160, 1280
"""For training. Larger than the input: only then are there clouds as bright as they may be."""
EMPTY = 10000
"""Places without a ship, of each picture."""
STEPS, RATE, BATCH = 12000, 0.02, 1024
BOX_SHARE = 0.02
"""How much an error of a pixel of a side counts beside that of the heat."""
OPSET, IR_VERSION = 17, 8

Array = NDArray[np.float64]


def main() -> None:
    random = np.random.default_rng(1)
    bank = kernels()
    pictures = (harbour(random, PICTURE_SIDE, PICTURE_SIDE, SHIPS) for _ in range(PICTURES))
    parts = [_examples(each, bank, random) for each in pictures]
    features, heat, sides = (np.concatenate(some) for some in zip(*parts, strict=True))
    mean, std = features.mean(axis=0), features.std(axis=0)
    layers = _trained((features - mean) / std, heat, sides, random)
    out = Path(__file__).parent / "1" / "model.onnx"
    out.parent.mkdir(exist_ok=True)
    onnx.save(_graph(bank, layers, mean, std), out)
    print(f"{out}: from {int(heat.sum())} places with a ship, {len(features)} in all")


def kernels() -> Array:
    """[kernels, 2 * RADIUS + 1, 2 * RADIUS + 1]: blurs at the place, and in eight directions."""
    found = [_blur(0, 0, sigma) for sigma in (1.2, 2.5, 5, 10)]
    for distance, sigma in ((4, 1.2), (8, 1.8), (12, 2.2), (17, 2.8)):
        angles = np.arange(8) * np.pi / 4
        found += [_blur(distance * np.cos(a), distance * np.sin(a), sigma) for a in angles]
    return np.stack(found)


def _blur(x: float, y: float, sigma: float) -> Array:
    at = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-((at[None, :] - x) ** 2 + (at[:, None] - y) ** 2) / (2 * sigma**2))
    return np.asarray(weights / weights.sum())


def _examples(
    sample: Sample, bank: Array, random: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Features, heat (1 at the middle of a ship) and sides (from there, in pixels) of places."""
    features = _features(sample.image, bank)
    side = features.shape[0]
    heat, sides = np.zeros((side, side)), np.zeros((side, side, 4))
    near = np.zeros((side, side), bool)
    for left, top, right, bottom in sample.boxes:
        x, y = (left + right) / 2, (top + bottom) / 2
        column, row = min(side - 1, round(x / STRIDE)), min(side - 1, round(y / STRIDE))
        near[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = True
        heat[row, column] = 1
        at = np.array([column, row, column, row]) * STRIDE
        sides[row, column] = (np.array([left, top, right, bottom]) - at) * (-1, -1, 1, 1)
    ships = np.argwhere(heat > 0)
    # Beside a ship as well, where the heat must be lower, but not right beside its middle.
    beside = near & (heat == 0)
    hard = np.argwhere(beside)[random.permutation(int(beside.sum()))[: 8 * len(ships)]]
    empty = np.argwhere(~near)[random.permutation(int((~near).sum()))[:EMPTY]]
    rows, columns = np.concatenate([ships, hard, empty]).T
    return features[rows, columns], heat[rows, columns], sides[rows, columns]


def _features(image: NDArray[np.uint8], bank: Array) -> Array:
    """[rows, columns, kernels]: of the brightness of 0 to 1, with zeros beyond the border."""
    grey = image.astype(np.float32).mean(axis=2) / 255
    blurred = [cv2.filter2D(grey, -1, each, borderType=cv2.BORDER_CONSTANT) for each in bank]
    return np.stack([each[::STRIDE, ::STRIDE] for each in blurred], axis=2).astype(np.float64)


def _trained(
    features: Array, heat: Array, sides: Array, random: np.random.Generator
) -> list[Array]:
    """Weights and biases of two layers: gradient descent with momentum on log and squared loss."""
    layers = [
        random.normal(0, 0.2, (features.shape[1], HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, 0.1, (HIDDEN, 5)),
        np.array([-3.0, 8.0, 8.0, 8.0, 8.0]),
    ]
    ships = np.flatnonzero(heat)
    speeds = [np.zeros_like(each) for each in layers]
    for step in range(STEPS):
        at = np.concatenate(
            [random.integers(0, len(features), BATCH), random.choice(ships, BATCH // 4)]
        )
        rate = RATE * (1 - step / STEPS)
        gradients = _gradients(layers, features[at], heat[at], sides[at])
        speeds = [
            0.9 * speed - rate * gradient for speed, gradient in zip(speeds, gradients, strict=True)
        ]
        layers = [each + speed for each, speed in zip(layers, speeds, strict=True)]
    return layers


def _gradients(layers: list[Array], features: Array, heat: Array, sides: Array) -> list[Array]:
    first, first_bias, second, second_bias = layers
    hidden = np.maximum(features @ first + first_bias, 0)
    answers = hidden @ second + second_bias
    wrong = np.empty_like(answers)
    wrong[:, 0] = 1 / (1 + np.exp(-answers[:, 0])) - heat
    wrong[:, 1:] = BOX_SHARE * (answers[:, 1:] - sides) * heat[:, None]
    wrong /= len(features) / 4
    back = (wrong @ second.T) * (hidden > 0)
    return [features.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)]


def _graph(bank: Array, layers: list[Array], mean: Array, std: Array) -> onnx.ModelProto:
    """The blurs and the first layer are one convolution; heat keeps its peaks alone."""
    first, first_bias, second, second_bias = layers
    scaled = (first / std[:, None]).T
    kernel = np.tensordot(scaled, bank, axes=1)[:, None]
    places = SIDE // STRIDE
    grid = np.arange(places) * STRIDE
    across, down = np.meshgrid(grid, grid)
    weights = {
        "kernel": kernel,
        "bias": first_bias - (mean / std) @ first,
        "heat_weights": second.T[:1, :, None, None],
        "heat_bias": second_bias[:1],
        "side_weights": second.T[1:, :, None, None] * np.array([-1, -1, 1, 1])[:, None, None, None],
        "side_bias": second_bias[1:] * np.array([-1, -1, 1, 1]),
        "places": np.stack([across, down, across, down])[None],
        "pixels": np.array(SIDE),
    }
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["grey"], axes=[1]),
        helper.make_node(
            "Conv", ["grey", "kernel", "bias"], ["mixed"], strides=[STRIDE] * 2, pads=[RADIUS] * 4
        ),
        helper.make_node("Relu", ["mixed"], ["hidden"]),
        helper.make_node("Conv", ["hidden", "heat_weights", "heat_bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["heat"]),
        helper.make_node("MaxPool", ["heat"], ["highest"], kernel_shape=[5, 5], pads=[2] * 4),
        helper.make_node("Equal", ["heat", "highest"], ["is_peak"]),
        helper.make_node("Cast", ["is_peak"], ["peaks"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["heat", "peaks"], ["heatmap"]),
        helper.make_node("Conv", ["hidden", "side_weights", "side_bias"], ["sides"]),
        helper.make_node("Add", ["sides", "places"], ["corners"]),
        helper.make_node("Div", ["corners", "pixels"], ["boxes"]),
    ]
    number = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "ships",
        [helper.make_tensor_value_info("images", number, ["batch", 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("heatmap", number, ["batch", 1, places, places]),
            helper.make_tensor_value_info("boxes", number, ["batch", 4, places, places]),
        ],
        [numpy_helper.from_array(np.float32(value), name) for name, value in weights.items()],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    main()
