"""What the shadow of a pipeline does, as the specification of a pipeline."""

from dataclasses import replace

from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.spec import PipelineSpec


def shadow_of(spec: PipelineSpec) -> PipelineSpec | None:
    """The pipeline with the other versions, on every frame that it is given, in any order; None:
    it has no shadow."""
    shadow = spec.rollout.shadow
    if shadow is None:
        return None
    delivery = spec.delivery
    return replace(
        spec,
        stages=tuple(
            replace(stage, model_version=shadow.models.get(stage.name, stage.model_version))
            for stage in spec.stages
        ),
        delivery=DeliverySpec(max_attempts=delivery.max_attempts, damaged=delivery.damaged),
        workers=replace(spec.workers, min=shadow.workers, max=None),
        rollout=RolloutSpec(),
    )


def without_shadow(spec: PipelineSpec) -> PipelineSpec:
    """The same pipeline, and nothing beside it."""
    if spec.rollout.shadow is None:
        return spec
    return replace(spec, rollout=replace(spec.rollout, shadow=None))


def without_own_versions(spec: PipelineSpec) -> PipelineSpec:
    """The same pipeline, whose shadow has no versions that the pipeline has by now; none: nothing
    is left of it."""
    shadow = spec.rollout.shadow
    if shadow is None:
        return spec
    own = {stage.name: stage.model_version for stage in spec.stages}
    models = {stage: each for stage, each in shadow.models.items() if each != own.get(stage)}
    left = replace(shadow, models=models) if models else None
    return replace(spec, rollout=replace(spec.rollout, shadow=left))
