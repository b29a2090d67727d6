"""The shadow of a pipeline as it is declared, and what it does."""

from dataclasses import replace

import pytest

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.documents.yaml_document import Located
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.shadow import shadow_of, without_own_versions, without_shadow
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline


def pipeline(shadow: str) -> PipelineSpec:
    text = (
        "name: street\n"
        "stages: [{name: people, model: person, model_version: 1}, {name: plates, model: plate}]\n"
        "delivery: {order: per_camera, latest: {}, max_attempts: 5}\n"
        f"rollout: {{shadow: {shadow}}}\n"
    )
    spec = Located(text, "street.yaml").read(PipelineSpec)
    check_pipeline(spec)
    return spec


@pytest.mark.parametrize(
    ("shadow", "fault"),
    [
        ("{}", "line 4: rollout.shadow.models: is missing"),
        ("{models: {}}", "line 4: rollout.shadow.models: "),
        ("{models: {people: 0}}", "line 4: rollout.shadow.models.people: input should be greater"),
        ("{models: {people: 2}, workers: 0}", "line 4: rollout.shadow.workers: input should be "),
        (
            "{models: {cars: 2}}",
            "rollout.shadow.models.cars: no stage is named 'cars' (stages: people, plates)",
        ),
        (
            "{models: {people: 1}}",
            "rollout.shadow.models.people: version 1 is what the pipeline runs: name another one",
        ),
    ],
)
def test_a_wrong_shadow_is_named_by_its_field(shadow: str, fault: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        pipeline(shadow)
    assert fault in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_shadow_does_the_stages_with_other_versions_on_every_frame_in_any_order() -> None:
    shadow = shadow_of(pipeline("{models: {plates: 4}, workers: 2}"))
    assert shadow is not None
    assert [each.model_version for each in shadow.stages] == [1, 4]
    assert shadow.delivery == DeliverySpec(max_attempts=5)
    assert shadow.delivery.order is Order.NONE
    assert (shadow.workers.min, shadow.workers.most) == (2, 2)
    assert shadow_of(shadow) is None


def test_a_shadow_keeps_what_is_not_the_pipelines_own_by_now() -> None:
    spec = pipeline("{models: {people: 2, plates: 4}}")
    assert without_own_versions(spec) == spec
    people, plates = spec.stages
    one = without_own_versions(replace(spec, stages=(replace(people, model_version=2), plates)))
    assert one.rollout.shadow is not None
    assert one.rollout.shadow.models == {"plates": 4}
    none = without_own_versions(
        replace(one, stages=(one.stages[0], replace(plates, model_version=4)))
    )
    assert none.rollout.shadow is None
    assert none == without_shadow(none)
