"""The section of a model.yaml that asks for a simulated accelerator."""

import pytest

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.documents.yaml_document import Located
from framemesh.modeling.manifest import ModelManifest, SimulatedSpec

MANIFEST = """\
name: slow
file: model.onnx
labels: [nothing]
input: {name: images, width: 64, height: 64}
decoder: {name: centernet}
"""


def manifest(section: str) -> ModelManifest:
    return Located(f"{MANIFEST}simulated: {section}", "model.yaml").read(ModelManifest)


def test_it_is_read_and_written_back() -> None:
    found = manifest("{base_ms: 4, per_image_ms: 0.5}")
    assert found.simulated == SimulatedSpec(base_ms=4, per_image_ms=0.5)
    assert read(dump(found), ModelManifest, "again") == found


def test_a_model_is_not_simulated_unless_it_says_so() -> None:
    found = Located(MANIFEST, "model.yaml").read(ModelManifest)
    assert found.simulated is None
    assert read(dump(found), ModelManifest, "again") == found


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("{base_ms: 4}", "simulated.per_image_ms: is missing"),
        ("{base_ms: -1, per_image_ms: 1}", "simulated.base_ms: input should be greater than"),
        ("{base_ms: 1001, per_image_ms: 1}", "simulated.base_ms: input should be less than"),
        ("{base_ms: .nan, per_image_ms: 1}", "simulated.base_ms: input should be less than"),
        ("{base_ms: 1, per_image_ms: 21}", "simulated.per_image_ms: input should be less than"),
        ("{base: 1, base_ms: 1, per_image_ms: 1}", "simulated.base: is not a field"),
        ("5", "simulated: "),
    ],
)
def test_a_fault_is_named_by_line_and_field(section: str, problem: str) -> None:
    with pytest.raises(InvalidDocument, match=f"line 6: {problem}"):
        manifest(section)
