"""A decoder with a model that fits it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import Shapes
from framemesh.modeling.decoders.registry import DEMANDS, bind_decoder
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.vision.decoders.decoder import Array, Decoder
from framemesh.worker.vision.decoders.registry import make_decoder

CLASSES = 3
LIMIT = 7
INPUT_SIZE = (96, 64)
"""Width and height."""
Random = np.random.Generator
UNHEEDED = {("semantic", "score_threshold"), ("movenet", "max_detections")}
"""Options that a decoder heeds only for models of another form than its case's."""


@dataclass(frozen=True)
class Case:
    """A decoder with a model it fits."""

    name: str
    shapes: Shapes
    crowded: Callable[[Random], dict[str, NDArray[Any]]]
    """Outputs of the model for a picture full of things, some of them beyond its edges."""
    class_axis: tuple[str, int] | None = None
    """The output and its dimension that has an entry for each class; None where only the answers
    tell the classes."""
    quiet: float = 0.0
    """The value that all outputs have where nothing is seen."""
    quiet_outputs: Mapping[str, NDArray[Any]] | None = None
    """The same, where it is not one value."""
    labels: int = CLASSES
    always: bool = False
    """Whether it tells something of every picture, whatever the threshold."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the manifest, without which the decoder does not fit the model."""

    def spec(self, **changes: Any) -> DecoderSpec:
        """With those changes that the decoder heeds."""
        usual = {"score_threshold": 0.3, "max_detections": LIMIT, **changes}
        heeded = {name: value for name, value in usual.items() if self.heeds(name)}
        return replace(DecoderSpec(self.name), **self.options, **heeded)

    def heeds(self, option: str) -> bool:
        return option in DEMANDS[self.name].options and (self.name, option) not in UNHEEDED

    def decoder(self, **changes: Any) -> Decoder:
        whole = manifest(self.spec(**changes), self.labels)
        return make_decoder(whole.decoder, bind_decoder(whole, self.shapes))

    def empty(self) -> dict[str, NDArray[Any]]:
        """Outputs for a picture of nothing. Open sides have no length."""
        return dict(self.quiet_outputs or {}) or {
            name: np.full([max(0, side) for side in shape], self.quiet, np.float32)
            for name, shape in self.shapes.items()
        }

    def outputs(self, seed: int) -> dict[str, NDArray[Any]]:
        outputs = self.crowded(np.random.default_rng(seed))
        for array in outputs.values():
            array.flags.writeable = False
        return outputs


def manifest(decoder: DecoderSpec, labels: int = CLASSES) -> ModelManifest:
    names = tuple(f"class {at}" for at in range(labels))
    return ModelManifest("model", "model.onnx", names, InputSpec("input", *INPUT_SIZE), decoder)


def uniform(random: Random, *shape: int, low: float = 0.0, high: float = 1.0) -> Array:
    return random.uniform(low, high, shape).astype(np.float32)


def corners(random: Random, count: int) -> Array:
    centre = uniform(random, count, 2, low=-0.1, high=1.1)
    size = uniform(random, count, 2, low=0.02, high=0.5)
    return np.concatenate([centre - size / 2, centre + size / 2], axis=1)
