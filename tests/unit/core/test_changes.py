from dataclasses import replace

from framemesh.core.pipeline.changes import changes
from framemesh.core.pipeline.delivery import DeliverySpec, LatestSpec
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec

STREET = PipelineSpec("street", (StageSpec("people", "person", 1),))


def test_each_field_that_differs_is_a_line() -> None:
    hats = StageSpec("hats", "hat", 3, for_each=("people",))
    wanted = replace(
        STREET,
        stages=(replace(STREET.stages[0], model_version=2), hats),
        workers=WorkersSpec(min=2, node_labels={"zone": "hall"}),
        delivery=DeliverySpec(latest=LatestSpec(frames=2)),
    )
    found = list(changes(STREET, wanted))
    assert "workers.min: 1 -> 2" in found
    assert "workers.node_labels.zone: none -> hall" in found
    assert "stages[0].model_version: 1 -> 2" in found
    assert "stages[1].for_each[0]: none -> people" in found
    assert "delivery.latest.frames: none -> 2" in found
    assert not [line for line in found if line.startswith(("name", "buffer", "stages[0].name"))]


def test_the_same_has_no_lines() -> None:
    assert not list(changes(STREET, STREET))
