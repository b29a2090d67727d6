"""Deleting versions of models that nothing uses."""

import asyncio

from framemesh.core.errors import Code, FramemeshError
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.users import ModelUser, running_with, users_of
from framemesh.master.pipelines.change_locks import ChangeLocks
from framemesh.modeling.manifest import ModelVersion
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore


class ModelInUse(FramemeshError):
    """A pipeline has the version, or will: it was promoted."""

    code = Code.CONFLICT


class ModelRemoval:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(
        self,
        *,
        catalog: ModelCatalog,
        pipelines: PipelineStore,
        revisions: RevisionStore,
        fleet: FleetDriver,
        locks: ChangeLocks,
        deleted: asyncio.Event,
    ) -> None:
        """
        Args:
            locks: what is deleted is taken by no change of a pipeline.
            deleted: set when a version was deleted.
        """
        self._catalog = catalog
        self._pipelines = pipelines
        self._revisions = revisions
        self._fleet = fleet
        self._locks = locks
        self._deleted = deleted

    async def delete(self, name: str, version: int) -> ModelVersion:
        """Remove one version; returns what it was.

        Raises:
            ModelInUse: a pipeline names it, or may: its entry cannot be read. Or workers of an
                earlier revision have it. Or it was promoted, and is not the only one.
            ModelUnknown, ModelUnreadable: there is no such version, or its entry is damaged.
            ModelBusy: a pipeline with this model is being changed.
        """
        async with self._locks.removing(name):
            users = await self.users(name)
            if using := [each.pipeline for each in users if each.version in (version, 0)]:
                raise ModelInUse(
                    f"version {version} of model {name!r} is used by {', '.join(using)}: apply"
                    " another version there and wait until it is known to work, or delete the"
                    " pipeline"
                )
            replicas = (await self._fleet.observe()).replicas
            if running := await running_with(name, version, replicas, self._revisions):
                raise ModelInUse(
                    f"workers of {', '.join(running)} still run with version {version} of model "
                    f"{name!r}: wait until they are replaced"
                )
            if await self._catalog.is_promoted(name, version):
                raise ModelInUse(
                    f"version {version} of model {name!r} is its current one: promote another first"
                )
            gone = await self._catalog.delete(name, version)
        self._deleted.set()
        return gone

    async def users(self, name: str) -> list[ModelUser]:
        """Who uses any version of a model."""
        return await users_of(name, self._pipelines)
