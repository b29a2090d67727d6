"""Promoting a version of a model: pipelines that follow the model are changed to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.shadow import without_own_versions
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.promotions import Promotions
from framemesh.master.models.users import users_of
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.pipelines.planning import PipelinePlanner
from framemesh.modeling.manifest import ModelVersion
from framemesh.runtime.concurrency.keyed_locks import KeyedLocks
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.logs import get_logger

log = get_logger()

RETRY_SECONDS = 5.0
"""Before what an earlier leader left unfinished is tried again."""


class PromotionRefused(FramemeshError):
    """A pipeline that follows the model cannot take the version."""

    code = Code.INVALID


class NothingToRollBack(FramemeshError):
    """No version was current before, or it was deleted."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a promotion changed."""

    model: ModelVersion
    previous: int
    """To which a roll-back goes; 0: to none."""
    pipelines: Mapping[str, int]
    """Those that were changed, and their new revisions."""


class ModelPromotion:
    """Every method raises BrokerUnavailable when the broker does not answer in time. What was begun
    then is finished by the same call, or by the next leader."""

    def __init__(
        self,
        catalog: ModelCatalog,
        pipelines: PipelineStore,
        manager: PipelineManager,
        planner: PipelinePlanner,
    ) -> None:
        self._catalog = catalog
        self._promotions = catalog.promotions
        self._pipelines = pipelines
        self._manager = manager
        self._planner = planner
        self._promoting = KeyedLocks()

    async def promote(self, name: str, version: int) -> Promoted:
        """Make a version the current one; one that is stays it.

        Raises:
            ModelUnknown, ModelUnreadable: there is no such version, or its entry is damaged.
            PromotionRefused: a pipeline cannot take it; nothing was changed.
        """
        async with self._alone(name):
            model = await self._catalog.find(name, version)
            promotions = await self._promotions.get(name)
            before = 0 if promotions.versions else await self._before(model)
            return await self._change(model, promotions.promoting(version, before))

    async def roll_back(self, name: str) -> Promoted:
        """Promote what was current before the last promotion.

        Raises:
            NothingToRollBack: there is no such version.
            PromotionRefused: a pipeline cannot take it; nothing was changed.
        """
        async with self._alone(name):
            promotions = await self._promotions.get(name)
            if not promotions.previous:
                raise NothingToRollBack(
                    f"no version of model {name!r} was current before: promote the one that you "
                    f"want with `framemesh model promote {name} VERSION`"
                )
            model = await self._catalog.find(name, promotions.previous)
            versions = promotions.versions[:-1]
            return await self._change(model, replace(promotions, versions=versions))

    @asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[None]:
        """While no other version of the model is promoted, and none is deleted."""
        async with self._promoting.exclusive(name), self._manager.locks.taking([name]):
            yield

    async def finish(self) -> None:
        """Finish what an earlier leader began."""
        while True:
            try:
                return await self._finish()
            except FramemeshError as error:
                log.warning("a promotion is not finished, will try again", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _finish(self) -> None:
        for name in await self._promotions.names():
            async with self._alone(name):
                promotions = await self._promotions.get(name)
                if promotions.unfinished:
                    await self._bring(
                        await self._catalog.find(name, promotions.current), promotions
                    )

    async def _change(self, model: ModelVersion, promotions: Promotions) -> Promoted:
        async for spec in self._outdated(model):
            await self._check(spec, model)
        # First what is current: pipelines that are applied from here on have it.
        promotions = replace(promotions, unfinished=True)
        promotions = await self._promotions.put(model.manifest.name, promotions)
        return await self._bring(model, promotions)

    async def _bring(self, model: ModelVersion, promotions: Promotions) -> Promoted:
        """Change all pipelines that follow the model to a version of it."""
        changed = {}
        async for spec in self._outdated(model):
            changed[spec.name] = (await self._manager.apply(spec)).stored.revision
        await self._promotions.put(model.manifest.name, replace(promotions, unfinished=False))
        log.info(
            "model promoted", model=model.manifest.name, version=model.version, pipelines=[*changed]
        )
        return Promoted(model, promotions.previous, changed)

    async def _check(self, spec: PipelineSpec, model: ModelVersion) -> None:
        try:
            await self._planner.plan(spec)
        except InvalidDocument as error:
            raise PromotionRefused(
                f"pipeline {spec.name} cannot take version {model.version} of model "
                f"{model.manifest.name}, and nothing was changed: {error}"
            ) from error

    async def _outdated(self, model: ModelVersion) -> AsyncIterator[PipelineSpec]:
        """The pipelines that follow the model and have another version, as they should be."""
        name = model.manifest.name
        users = await users_of(name, self._pipelines)
        for pipeline in dict.fromkeys(each.pipeline for each in users if each.follows_promotions):
            try:
                spec = (await self._pipelines.get(pipeline)).spec
            except (PipelineUnknown, InvalidDocument):
                continue
            if (wanted := _with(spec, model)) != spec:
                yield wanted

    async def _before(self, model: ModelVersion) -> int:
        """What is current while none was promoted: what pipelines that follow have, else the
        newest. 0: that is the one that is promoted."""
        users = await users_of(model.manifest.name, self._pipelines)
        running = [each.version for each in users if each.follows_promotions]
        newest = (await self._catalog.find(model.manifest.name)).version
        found = max((each for each in running if each != model.version), default=newest)
        return 0 if found == model.version else found


def _with(spec: PipelineSpec, model: ModelVersion) -> PipelineSpec:
    """A pipeline with this version where it follows the model."""
    stages = (
        replace(stage, model_version=model.version)
        if stage.follows_promotions and stage.model == model.manifest.name
        else stage
        for stage in spec.stages
    )
    # What ran beside it to be compared may be what runs now.
    return without_own_versions(replace(spec, stages=tuple(stages)))
