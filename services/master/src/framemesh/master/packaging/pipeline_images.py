"""The image of the workers of a pipeline at a revision."""

from functools import partial

from framemesh.core.pipeline.shadow import shadow_of
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.worker_role import WorkerRole, group_title
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

    async def image(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> str:
        """By digest, as nodes pull it.

        Raises:
            ImageNotReady: it is being built, or the revision is not known yet.
            FramemeshError: the pipeline, a model or the registry cannot be read.
        """
        spec = await self._spec(pipeline, revision, role)
        if spec is None:
            raise ImageNotReady(f"{group_title(revision, role)} is not known yet")
        models = [
            await self._models.find(stage.model, stage.model_version) for stage in spec.stages
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
            PipelineRevision(pipeline, revision, role),
        )

    async def _spec(self, pipeline: str, revision: int, role: WorkerRole) -> PipelineSpec | None:
        """What the workers do; None: that is not known yet, or not any more."""
        newest = await self._pipelines.get(pipeline)
        if role is WorkerRole.SHADOW:
            return shadow_of(newest.spec) if newest.shadow == revision else None
        stored = await self._revisions.at(newest, revision)
        return stored.spec if stored else None
