"""How a pipeline is rolled out, on the wire."""

from datetime import timedelta

import pytest

from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.messages import pipeline_message

BOUNDED = RolloutSpec(
    deadline=timedelta(minutes=1),
    watch=timedelta(seconds=30),
    max_dead=0.01,
    max_age_p99=timedelta(seconds=2),
    canary=0.1,
    shadow=ShadowSpec({"people": 2}, workers=3),
)


@pytest.mark.parametrize("rollout", [RolloutSpec(), BOUNDED])
def test_a_rollout_survives_the_wire(rollout: RolloutSpec) -> None:
    spec = PipelineSpec("street", (StageSpec("people", "person", 1),), rollout=rollout)
    assert pipeline_message.from_proto(pipeline_message.to_proto(spec)) == spec
