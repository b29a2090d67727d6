"""The image of the workers of a pipeline at a revision."""

from functools import partial

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.packaging.image_builds import ImageBuilds
from framemesh.master.packaging.model_layer import ModelLayer
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore


class PipelineImages:
    """Finds out which models a pipeline has, and has their image built."""

    def __init__(
        self,
        pipelines: PipelineStore,
        revisions: RevisionStore,
        models: ModelCatalog,
        builds: ImageBuilds,
    ) -> None:
        self._pipelines = pipelines
        self._revisions = revisions
        self._models = models
        self._builds = builds

    async def image(self, pipeline: str, revision: int) -> str:
        """By digest, as nodes pull it.

        Raises:
            ImageNotReady: it is being built.
            FramemeshError: the pipeline, a model or the registry cannot be read.
        """
        spec = await self._spec(pipeline, revision)
        models = [
            await self._models.find(stage.model, stage.model_version) for stage in spec.stages
        ]
        return await self._builds.image(
            [
                ModelLayer(model.digest, model.size_bytes, partial(self._models.content, model))
                for model in models
            ]
        )

    async def _spec(self, pipeline: str, revision: int) -> PipelineSpec:
        """As workers of that revision read it."""
        stored = await self._pipelines.get(pipeline)
        if stored.revision > revision:
            kept = await self._revisions.get(pipeline, revision)
            if kept is not None:
                return kept.spec
        return stored.spec
