"""Deleting versions of models that no pipeline uses."""

import asyncio

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.errors import Code, FramemeshError
from framemesh.master.models.catalog import ModelCatalog
from framemesh.modeling.manifest import ModelVersion
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown


class ModelInUse(FramemeshError):
    """A pipeline names the version."""

    code = Code.CONFLICT


class ModelRemoval:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(
        self, catalog: ModelCatalog, pipelines: PipelineStore, changing: asyncio.Lock
    ) -> None:
        """`changing` is held while a pipeline is changed: what is deleted is not taken by one."""
        self._catalog = catalog
        self._pipelines = pipelines
        self._changing = changing

    async def delete(self, name: str, version: int) -> ModelVersion:
        """Remove one version; returns what it was.

        Raises:
            ModelInUse: a pipeline names it, or may: its entry cannot be read.
            ModelUnknown, ModelUnreadable: there is no such version, or its entry is damaged.
        """
        async with self._changing:
            if users := await self.users(name, version):
                raise ModelInUse(
                    f"version {version} of model {name!r} is used by {', '.join(users)}: apply"
                    " another version there first, or delete the pipeline"
                )
            return await self._catalog.delete(name, version)

    async def users(self, name: str, version: int) -> list[str]:
        """The pipelines with a stage of this version, and those whose entry cannot be read."""
        return [
            each for each in await self._pipelines.names() if await self._uses(each, name, version)
        ]

    async def _uses(self, pipeline: str, name: str, version: int) -> bool:
        try:
            stored = await self._pipelines.get(pipeline)
        except PipelineUnknown:
            return False
        except InvalidDocument:
            return True
        return any(
            (stage.model, stage.model_version) == (name, version) for stage in stored.spec.stages
        )
