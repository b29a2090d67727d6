"""A stage on crops whose labels no model has would never run."""

import pytest

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.detection_checks import check_detections
from framemesh.core.pipeline.detections import StageDetections
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec

PEOPLE = StageDetections("coco", ("person", "bicycle", "car"), boxes=True)
WEATHER = StageDetections("weather", ("rain", "sun"), boxes=False)


def pipeline(*labels: str, of: str = "people") -> PipelineSpec:
    first = (StageSpec("people", "coco"), StageSpec("sky", "weather"))
    return PipelineSpec("street", (*first, StageSpec("hats", "hat", for_each=(of,), labels=labels)))


def check(spec: PipelineSpec) -> None:
    check_detections(spec, {"people": PEOPLE, "sky": WEATHER, "hats": WEATHER})


@pytest.mark.parametrize("labels", [(), ("person",), ("car", "person")])
def test_labels_of_the_model_pass(labels: tuple[str, ...]) -> None:
    check(pipeline(*labels))


def test_a_label_that_the_model_lacks_is_named_with_those_that_it_has() -> None:
    with pytest.raises(InvalidDocument) as refused:
        check(pipeline("person", "persn"))
    assert str(refused.value) == (
        "pipeline: stages[2].labels[1]: model 'coco' has no label 'persn': did you mean 'person'? "
        "it has 'person', 'bicycle', 'car'"
    )


def test_labels_are_compared_letter_by_letter() -> None:
    with pytest.raises(InvalidDocument, match="no label '\\\\ufeffperson': did you mean 'person'"):
        check(pipeline("\ufeffperson"))


def test_of_many_labels_the_first_are_shown() -> None:
    many = StageDetections("many", tuple(f"class {n}" for n in range(1000)), boxes=True)
    with pytest.raises(InvalidDocument, match=r"'class 19' and 980 more$"):
        check_detections(pipeline("dog"), {"people": many})


def test_crops_of_what_has_no_boxes_are_refused() -> None:
    with pytest.raises(InvalidDocument, match=r"\[2\].for_each\[0\]: the detections of model 'w"):
        check(pipeline(of="sky"))
