"""Which versions of which models a pipeline has, and whether its stages fit them."""

from dataclasses import replace

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.crops import StageDetections, check_crops
from framemesh.core.pipeline.results import ResultBound, check_results
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.master.models.catalog import ModelCatalog, ModelUnknown
from framemesh.modeling.decoders.registry import demand_of


class ModelMissing(FramemeshError):
    """A stage names a model that is not registered."""

    code = Code.NOT_FOUND


async def pinned(spec: PipelineSpec, models: ModelCatalog, max_outcome_bytes: int) -> PipelineSpec:
    """The specification with a version of each model: the current one where it names none.

    Raises:
        ModelMissing: a model is not registered.
        ModelUnreadable: what is stored of one was damaged.
        InvalidDocument: a stage processes crops that its models never produce, or what the models
            tell of a frame may not fit into its outcome.
    """
    stages: list[StageSpec] = []
    detections: dict[str, StageDetections] = {}
    bounds: dict[str, ResultBound] = {}
    for at, stage in enumerate(spec.stages):
        try:
            model = await models.find(stage.model, stage.model_version)
        except ModelUnknown as error:
            raise ModelMissing(f"stages[{at}].model: {error}") from error
        follows = stage.follows_promotions or not stage.model_version
        stages.append(replace(stage, model_version=model.version, follows_promotions=follows))
        manifest = model.manifest
        detections[stage.name] = StageDetections(
            manifest.name, manifest.labels, demand_of(manifest).boxes
        )
        bounds[stage.name] = model.result or ResultBound(manifest.decoder.max_detections, 0)
    check_crops(spec, detections)
    check_results(spec, bounds, max_outcome_bytes)
    return replace(spec, stages=tuple(stages))
