"""What a pipeline would be and take, before it is applied."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.shadow import shadow_of
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.master.fleet.cordons import CordonStore
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.reconciler import Scaler
from framemesh.master.fleet.wanted import as_observed, wanted_group, wanted_shadow
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.pipelines.changes import same_work
from framemesh.master.pipelines.pinning import pinned
from framemesh.master.pipelines.shadow_streams import STORAGE_BYTES
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger

log = get_logger()


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """What a pipeline would be, and take."""

    spec: PipelineSpec
    """With the versions of models that are newest now."""
    current: PipelineSpec | None
    """What there is under its name."""
    workers: Mapping[str, int]
    """By node: how many."""
    unplaced: int
    """Workers that no node takes now."""
    missing: str
    """Why, in one line."""
    shadow_workers: Mapping[str, int]
    """By node: how many of its shadow."""
    missing_shadow: str
    """Why others of its shadow have no place, in one line."""
    storage_bytes: int
    """Of the buffer, the ledger and the shadow, all replicas together."""


class PipelinePlanner:
    """Answers what applying a pipeline would do, by the code that does it."""

    def __init__(
        self,
        *,
        store: PipelineStore,
        models: ModelCatalog,
        fleet: FleetDriver,
        cordons: CordonStore,
        scaler: Scaler,
        max_outcome_bytes: Callable[[], int],
    ) -> None:
        """`max_outcome_bytes`: what the broker takes as one message now."""
        self._store = store
        self._models = models
        self._fleet = fleet
        self._cordons = cordons
        self._scaler = scaler
        self._max_outcome_bytes = max_outcome_bytes

    async def plan(self, wanted: PipelineSpec) -> PipelinePlan:
        """Where the workers of the pipeline would go; nothing is changed.

        Raises:
            InvalidDocument, ModelMissing: as PipelineManager.apply.
            BrokerUnavailable: the broker does not answer in time.
        """
        check_pipeline(wanted)
        spec = await pinned(wanted, self._models, self._max_outcome_bytes())
        current = await self._current(spec.name)
        revision = current.revision if current else 0
        same = current is not None and same_work(current.spec, spec)
        group = replace(
            wanted_group(spec, revision if same else revision + 1, self._scaler.replicas(spec)),
            preferred=tuple(sorted(self._scaler.preferred(spec).items())),
        )
        observed = await self._fleet.observe()
        others = sorted({replica.pipeline for replica in observed.replicas} - {spec.name})
        groups = [group, *(each for name in others for each in as_observed(name, observed))]
        if (shadow := wanted_shadow(spec, _shadow_number(spec, current))) is not None:
            groups.append(shadow)
        found = await self._fleet.plan(groups, self._cordons.names)
        workers = found.workers[spec.name]
        return PipelinePlan(
            spec,
            current.spec if current else None,
            workers,
            unplaced=group.replicas - sum(workers.values()),
            missing=found.unplaced.get(spec.name, ""),
            shadow_workers=found.shadow_workers.get(spec.name, {}),
            missing_shadow=found.shadows.get(spec.name, ""),
            storage_bytes=_storage_bytes(spec),
        )

    async def _current(self, name: str) -> StoredPipeline | None:
        """What is there; None in place of an entry that cannot be read."""
        try:
            return await self._store.get(name)
        except PipelineUnknown:
            return None
        except InvalidDocument as error:
            log.error("stored pipeline is unreadable", pipeline=name, error=str(error))
            return None


def _shadow_number(spec: PipelineSpec, current: StoredPipeline | None) -> int:
    """Of the shadow that the pipeline would have: the same one, if it has that."""
    if current is None:
        return 1
    stays = shadow_of(current.spec) == shadow_of(spec)
    return current.shadow if stays else current.shadow + 1


def _storage_bytes(spec: PipelineSpec) -> int:
    shadow = STORAGE_BYTES if spec.rollout.shadow else 0
    return spec.buffer.replicas * (int(spec.buffer.max_bytes) + spec.ledger_max_bytes) + shadow
