"""The image of the workers of a pipeline at a revision."""

from functools import partial

from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.packaging.build_events import PipelineRevision
from framemesh.master.packaging.errors import ImageNotReady
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
            ImageNotReady: it is being built, or the revision is not known yet.
            FramemeshError: the pipeline, a model or the registry cannot be read.
        """
        stored = await self._revisions.at(await self._pipelines.get(pipeline), revision)
        if stored is None:
            raise ImageNotReady(f"revision {revision} is not known yet")
        models = [
            await self._models.find(stage.model, stage.model_version)
            for stage in stored.spec.stages
        ]
        return await self._builds.image(
            [
                ModelLayer(
                    model.digest,
                    model.size_bytes,
                    partial(self._models.content, model),
                    f"{model.manifest.name} version {model.version}",
                )
                for model in models
            ],
            PipelineRevision(pipeline, revision),
        )
