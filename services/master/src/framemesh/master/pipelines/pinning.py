"""Which versions of which models a pipeline has, and whether its stages fit them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.graph.condition.parsing import load_parser
from framemesh.core.pipeline.detection_checks import check_detections
from framemesh.core.pipeline.detections import StageDetections
from framemesh.core.pipeline.results import ResultBound, check_results
from framemesh.core.pipeline.shadow import shadow_of
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.master.models.catalog import ModelCatalog, ModelUnknown
from framemesh.modeling.decoders.registry import demand_of
from framemesh.modeling.manifest import ModelVersion


class ModelMissing(FramemeshError):
    """A stage names a model that is not registered."""

    code = Code.NOT_FOUND


async def pinned(spec: PipelineSpec, models: ModelCatalog, max_outcome_bytes: int) -> PipelineSpec:
    """The specification with a version of each model: the current one where it names none.

    Raises:
        ModelMissing: a model is not registered.
        ModelUnreadable: what is stored of one was damaged.
        InvalidDocument: a stage processes crops that its models never produce, or what the models
            tell of a frame may not fit into its outcome; or those of the shadow do, or are the
            same.
    """
    if any(stage.when for stage in spec.stages):
        # A stored one was not parsed when it was read.
        await asyncio.to_thread(load_parser)
    fields = [f"stages[{at}].model" for at in range(len(spec.stages))]
    found = await _fitting(spec, fields, models, max_outcome_bytes)
    stages = (
        replace(
            stage,
            model_version=model.version,
            follows_promotions=stage.follows_promotions or not stage.model_version,
        )
        for stage, model in zip(spec.stages, found, strict=True)
    )
    made = replace(spec, stages=tuple(stages))
    if shadow := shadow_of(made):
        check_pipeline(made)
        fields = [f"rollout.shadow.models.{stage.name}" for stage in spec.stages]
        await _fitting(shadow, fields, models, max_outcome_bytes)
    return made


async def _fitting(
    spec: PipelineSpec, fields: Sequence[str], models: ModelCatalog, max_outcome_bytes: int
) -> list[ModelVersion]:
    """The models of all stages, which fit them; `fields` are those that name them."""
    found: list[ModelVersion] = []
    detections: dict[str, StageDetections] = {}
    bounds: dict[str, ResultBound] = {}
    for stage, field in zip(spec.stages, fields, strict=True):
        try:
            model = await models.find(stage.model, stage.model_version)
        except ModelUnknown as error:
            raise ModelMissing(f"{field}: {error}") from error
        found.append(model)
        manifest = model.manifest
        detections[stage.name] = StageDetections(
            manifest.name, manifest.labels, demand_of(manifest).boxes
        )
        bounds[stage.name] = model.result or ResultBound(manifest.decoder.max_detections, 0)
    check_detections(spec, detections)
    check_results(spec, bounds, max_outcome_bytes)
    return found
