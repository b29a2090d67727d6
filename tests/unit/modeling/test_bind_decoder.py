"""Which outputs a decoder gets, and what is said where they are not its own."""

import pytest

from framemesh.core.documents.document import read
from framemesh.modeling.decoders.demand import Shapes
from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import ModelManifest

RF_DETR: Shapes = {"dets": (300, 4), "labels": (300, 3)}


def manifest(name: str, **options: object) -> ModelManifest:
    document = {
        "name": "model",
        "file": "model.onnx",
        "labels": ["person", "bicycle", "car"],
        "input": {"name": "input", "width": 64, "height": 64},
        "decoder": {"name": name, **options},
    }
    return read(document, ModelManifest, "model.yaml")


@pytest.mark.parametrize(
    ("shapes", "fitting"),
    [
        (RF_DETR, "rf-detr"),
        ({"logits": (300, 3), "pred_boxes": (300, 4)}, "rt-detr-logits"),
        ({"logits": (100, 4), "pred_boxes": (100, 4)}, "detr"),
        ({"labels": (300,), "boxes": (300, 4), "scores": (300,)}, "rt-detr"),
    ],
)
def test_ssd_refuses_the_detr_families_and_names_the_decoder(shapes: Shapes, fitting: str) -> None:
    with pytest.raises(ModelInvalid, match=rf"decoder ssd expects .*\({fitting} would fit"):
        bind_decoder(manifest("ssd"), shapes)


def test_renamed_outputs_are_read_by_the_names_of_the_manifest() -> None:
    renamed = {"3370": (300, 4), "3371": (300, 3)}
    with pytest.raises(ModelInvalid, match="rf-detr expects an output labels"):
        bind_decoder(manifest("rf-detr"), renamed)
    told = manifest("rf-detr", output_names={"dets": "3370", "labels": "3371"})
    binding = bind_decoder(told, renamed)
    assert binding.tensors == {"boxes": "3370", "scores": "3371"}


def test_a_name_that_the_model_lacks_is_refused_with_those_it_has() -> None:
    told = manifest("rf-detr", output_names={"labels": "logits"})
    with pytest.raises(ModelInvalid, match="has no output 'logits', it has dets, labels"):
        bind_decoder(told, RF_DETR)
