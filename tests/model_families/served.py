"""A model of a family run as a worker runs it, and the same read by a reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.manifest import DecoderSpec, Fit, InputSpec, ModelManifest
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.vision.decoders.decoder import RawDetection
from framemesh.worker.vision.decoders.registry import make_decoder
from tests.model_families.graphs import Values, declared_shapes, run
from tests.model_families.planted import LABELS, Letterboxed, Picture, letterbox, stretch

Found = tuple[int, float, tuple[float, float, float, float]]
"""Class, score, and left, top, right, bottom in fractions of the picture."""

Reference = Callable[[Mapping[str, Values]], list[Found]]
"""What a model's answers say, as the family's authors read them: boxes in pixels of the input."""

TOLERANCE = 1e-3
"""Of a score, and of a side of a box in fractions of the picture."""


@dataclass(frozen=True)
class FamilyModel:
    """A small model with the signature of a family."""

    file: bytes
    input: InputSpec
    decoder: DecoderSpec
    reference: Reference
    flat: bool = False
    """Whether its outputs have no batch dimension."""
    labels: tuple[str, ...] = LABELS
    second_inputs: Mapping[str, Values] = field(default_factory=dict)

    @cached_property
    def manifest(self) -> ModelManifest:
        return ModelManifest("family", "family.onnx", self.labels, self.input, self.decoder)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the outputs of one picture."""
        declared = declared_shapes(self.file)
        return declared if self.flat else {name: shape[1:] for name, shape in declared.items()}

    def found(self, image: Picture) -> list[Found]:
        """By the worker's own preparation, decoder and projection."""
        projection = Preprocessor(self.input).projection(image.shape[1], image.shape[0])
        found: list[Found] = []
        for one in self.decode(self.answers(image)):
            box = None if one.box is None else projection.box(one.box)
            if box is not None:
                found.append((one.class_id, one.score, (box.left, box.top, box.right, box.bottom)))
        return found

    def answers(self, image: Picture) -> dict[str, Values]:
        """Of the picture, by the worker's own preparation."""
        prepared = np.empty(self.input.shape, self.input.dtype.value)
        Preprocessor(self.input).write(image, prepared)
        return self._answers(prepared)

    def decode(self, outputs: Mapping[str, Values]) -> list[RawDetection]:
        decoder = make_decoder(self.decoder, bind_decoder(self.manifest, self.shapes))
        return decoder.decode(outputs)

    def expected(self, image: Picture) -> list[Found]:
        """By the reference, which prepares the picture itself: RGB from 0 to 1."""
        placed = self._placed(image)
        prepared = placed.pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 255
        found: list[Found] = []
        for class_id, score, pixels in self.reference(self._answers(prepared)):
            box = placed.box_to_picture(*pixels)
            if box is not None:
                found.append((class_id, score, box))
        return found

    def _placed(self, image: Picture) -> Letterboxed:
        place = letterbox if self.input.fit is Fit.LETTERBOX else stretch
        return place(image, self.input.width, self.input.height)

    def _answers(self, prepared: Values) -> dict[str, Values]:
        """Of one picture."""
        inputs = {self.input.name: prepared[np.newaxis], **self.second_inputs}
        answers = run(self.file, inputs)
        return answers if self.flat else {name: values[0] for name, values in answers.items()}


def assert_same(found: list[Found], expected: list[Found]) -> None:
    """The same things, one for one; two of nearly the same score may change places."""
    assert len(found) == len(expected), f"{found} is not {expected}"
    left = list(expected)
    for one in found:
        match = next(
            (
                other
                for other in left
                if other[0] == one[0]
                and np.allclose((one[1], *one[2]), (other[1], *other[2]), rtol=0, atol=TOLERANCE)
            ),
            None,
        )
        assert match is not None, f"{one} is not among {left}"
        left.remove(match)


def assert_masks_fill_the_left_half(found: list[RawDetection], atol: float) -> None:
    """Each mask, over the whole input, is the left half of its box. Clipped ones are left out."""
    for one in found:
        assert one.box is not None
        assert one.detail is not None
        assert one.detail.mask is not None
        if one.box.right == 1:  # clipped: its middle is not the middle of the mask
            continue
        rows, columns = np.nonzero(one.detail.mask)
        height, width = one.detail.mask.shape
        seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        left_half = (one.box.left, one.box.top, (one.box.left + one.box.right) / 2, one.box.bottom)
        scale = (width, height, width, height)
        np.testing.assert_allclose(np.divide(seen, scale), left_half, atol=atol)
