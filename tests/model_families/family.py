"""A small model with the signature of a family, and what a reference reads in its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.vision.decoders.decoder import RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder
from tests.model_families.graphs import Values, declared_shapes, run
from tests.model_families.planted import LABELS, Picture
from tests.model_families.preparation import prepared
from tests.model_families.reading import Expected, Reference, on_picture


@dataclass(frozen=True)
class FamilyModel:
    """A file, its manifest and its reference."""

    file: bytes
    input: InputSpec
    decoder: DecoderSpec
    reference: Reference
    flat: bool = False
    """Whether its outputs are read with their batch dimension, if they have one."""
    labels: tuple[str, ...] = LABELS
    second_inputs: Mapping[str, Values] = field(default_factory=dict)
    name: str = "family"
    batch: int = 1
    """Of the file's input; 0: it has no batch dimension."""

    @cached_property
    def manifest(self) -> ModelManifest:
        return ModelManifest(
            self.name,
            "family.onnx",
            self.labels,
            self.input,
            self.decoder,
            max_batch=1,
            instances=1,
            constants={name: _constant(values) for name, values in self.second_inputs.items()},
        )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the outputs of one picture."""
        declared = declared_shapes(self.file)
        return declared if self.flat else {name: shape[1:] for name, shape in declared.items()}

    def decode(self, outputs: Mapping[str, Values]) -> list[RawDetection]:
        """By the worker's decoder."""
        decoder = make_decoder(self.decoder, bind_decoder(self.manifest, self.shapes))
        return decoder.decode(outputs)

    def answers(self, image: Picture) -> dict[str, Values]:
        """For one picture, which is prepared by the reference."""
        _, given = prepared(self.input, image)
        return self.run(given)

    def run(self, given: Values) -> dict[str, Values]:
        """The answers for one picture; `given` is the input, with a batch of 1."""
        given = np.repeat(given, self.batch, axis=0) if self.batch else given[0]
        answers = run(self.file, {self.input.name: given, **self.second_inputs})
        return answers if self.flat else {name: values[0] for name, values in answers.items()}

    def expected(self, image: Picture) -> list[Expected]:
        """By the reference, which prepares the picture itself."""
        placed, given = prepared(self.input, image)
        readings = self.reference(self.run(given))
        there = (on_picture(reading, placed, self.labels) for reading in readings)
        return [one for one in there if one is not None]


def _constant(values: Values) -> float | tuple[float, ...]:
    """As a manifest has it: one for all elements, where they are equal."""
    flat = tuple(values.reshape(-1).tolist())
    return flat[0] if len(set(flat)) == 1 else flat
