"""Which types of outputs a decoder may read."""

import pytest

from framemesh.modeling.decoders import registry
from framemesh.modeling.decoders.demand import DecoderBinding, DecoderDemand, InputSize, Shapes
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest
from framemesh.modeling.outputs import bind_outputs
from framemesh.modeling.signature import Tensor

MANIFEST = ModelManifest(
    "listed", "listed.onnx", ("a",), InputSpec("images", 8, 8), DecoderSpec("listed"), max_batch=1
)
PICTURE = Tensor("images", "FP32", (-1, 3, 8, 8))
LABELS = Tensor("labels", "INT64", (-1,))
BOXES = Tensor("boxes", "FP32", (-1, 4))


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    return DecoderBinding({"classes": "labels", "boxes": "boxes"}, None, input_size)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder of two lists without a batch dimension, one of them of whole numbers."""
    demand = DecoderDemand(_bind, integers=frozenset({"classes"}), flat=True)
    monkeypatch.setattr(registry, "DEMANDS", {"listed": demand})


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("datatype", ["INT64", "INT32", "UINT8", "BOOL", "FP16", "FP32"])
def test_an_output_of_classes_may_be_of_any_numbers(datatype: str) -> None:
    labels = Tensor("labels", datatype, (-1,))
    read, _ = bind_outputs(MANIFEST, (labels, BOXES), PICTURE)
    assert [output.datatype for output in read] == [datatype, "FP32"]


@pytest.mark.usefixtures("listed")
def test_an_output_of_classes_may_not_be_of_words() -> None:
    labels = Tensor("labels", "BYTES", (-1,))
    with pytest.raises(ModelInvalid, match=r"labels BYTES \[-1\] is not of numbers, as decoder"):
        bind_outputs(MANIFEST, (labels, BOXES), PICTURE)


@pytest.mark.usefixtures("listed")
def test_lists_of_rows_have_no_batch_dimension() -> None:
    read, _ = bind_outputs(MANIFEST, (LABELS, BOXES), PICTURE)
    assert [output.shape_of(1) for output in read] == [(-1,), (-1, 4)]


@pytest.mark.usefixtures("listed")
def test_lists_of_rows_are_those_of_one_picture() -> None:
    several = ModelManifest(
        "listed", "listed.onnx", ("a",), InputSpec("images", 8, 8), DecoderSpec("listed")
    )
    with pytest.raises(ModelInvalid, match="decoder listed reads one list of all images"):
        bind_outputs(several, (LABELS, BOXES), PICTURE)
