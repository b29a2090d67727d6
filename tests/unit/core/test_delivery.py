from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.documents.yaml_document import Located
from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, LatestSpec, Order
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.messages import pipeline_message


def pipeline(delivery: str) -> PipelineSpec:
    text = f"name: street\nstages: [{{name: people, model: person}}]\n{delivery}\n"
    return Located(text, "street.yaml").read(PipelineSpec)


@pytest.mark.parametrize(
    ("text", "delivery"),
    [
        ("", DeliverySpec()),
        ("delivery: every_frame", DeliverySpec()),
        ("delivery: latest", DeliverySpec(latest=LatestSpec(1))),
        ("delivery: {latest: }", DeliverySpec(latest=LatestSpec(1))),
        ("delivery: {latest: {frames: 3}}", DeliverySpec(latest=LatestSpec(3))),
        (
            "delivery: {fresh: {max_age: 500ms}, order: per_camera, high_priority: [gate]}",
            DeliverySpec(
                fresh=FreshSpec(timedelta(milliseconds=500)),
                order=Order.PER_CAMERA,
                high_priority=("gate",),
            ),
        ),
    ],
)
def test_a_policy_is_read(text: str, delivery: DeliverySpec) -> None:
    spec = pipeline(text)
    assert spec.delivery == delivery
    assert read(dump(spec), PipelineSpec, "stored") == spec
    assert pipeline_message.from_proto(pipeline_message.to_proto(spec)) == spec


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("delivery: newest", "line 3: delivery: use every_frame, latest, or fresh"),
        ("delivery: fresh", "line 3: delivery.fresh.max_age: is missing"),
        ("delivery: {fresh: {max_age: 0ms}}", "delivery.fresh.max_age: use 1ms to 24h, not '0ms'"),
        ("delivery: {fresh: {max_age: 500}}", "max_age: a duration has a unit: 500ms, 2s, 5m"),
        ("delivery: {latest: {frames: 0}}", "delivery.latest.frames: input should be greater"),
        ("delivery: {order: camera}", "delivery.order: input should be 'none' or 'per_camera'"),
        ("delivery: {high_priority: [a b]}", "delivery.high_priority[0]: bad name 'a b'"),
        ("delivery: {max_attempts: 0}", "delivery.max_attempts: input should be greater"),
    ],
)
def test_a_wrong_policy_is_named_by_line_and_field(text: str, fault: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        pipeline(text)
    assert fault in str(refused.value)


def test_two_policies_are_refused() -> None:
    both = DeliverySpec(latest=LatestSpec(), fresh=FreshSpec(timedelta(seconds=1)))
    spec = PipelineSpec("street", (StageSpec("people", "person"),), delivery=both)
    with pytest.raises(InvalidDocument, match=r"delivery\.fresh: chooses another policy"):
        check_pipeline(spec)


@given(st.integers(1, 24 * 3_600_000))
def test_a_duration_is_written_as_it_is_read(milliseconds: int) -> None:
    delivery = DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=milliseconds)))
    assert read(dump(delivery), DeliverySpec, "delivery") == delivery
