"""What a worker runs: a pipeline at one revision, and the files of its models.

The pipeline comes from the stores alone, which the master writes. A worker of an earlier revision
has the specification of that one, and the streams that there are now. Models never change; it does
not matter when they are downloaded.
"""

import asyncio
import itertools
from dataclasses import dataclass, replace

import grpc
import grpc.aio

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.shadow import shadow_of
from framemesh.core.worker_role import WorkerRole, group_title
from framemesh.modeling.local_model import LocalModel
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.logs import get_logger
from framemesh.worker.models.cache import ModelDamaged
from framemesh.worker.models.fetcher import ModelFetcher
from framemesh.worker.models.master_source import DownloadStalled

log = get_logger()

RETRIES = Backoff(first_seconds=0.5, max_seconds=15.0)
"""A master that restarts is back in a second; one that cannot send a model is not asked all the
time."""


DAMAGED_RETRIES = Backoff(first_seconds=2.0, max_seconds=300.0)
"""A file that came damaged is sent whole again, which costs seconds of CPU where it is large."""


class AssignmentGone(FramemeshError):
    """The pipeline is not there any more."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Assignment:
    """A pipeline at one revision, and its models by the name of their stage."""

    pipeline: StoredPipeline
    models: dict[str, LocalModel]
    newest: StoredPipeline
    """The pipeline as it is now."""


class AssignmentClient:
    """Reads the pipeline, and downloads its models from the master, for as long as it takes."""

    def __init__(
        self, store: PipelineStore, revisions: RevisionStore, models: ModelFetcher
    ) -> None:
        self._store = store
        self._revisions = revisions
        self._models = models

    async def assignment(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> Assignment:
        """What the pipeline is at `revision`; if that is 0, or is not kept, at the newest one. Of a
        shadow `revision` is its number, and it is waited for.

        Raises:
            AssignmentGone: the pipeline does not exist.
            CacheUnusable: there is no room for a model.
        """
        for attempt in itertools.count(1):
            retries = RETRIES
            try:
                newest = await self._store.get(pipeline)
                if own := await self._own(newest, revision, role):
                    return Assignment(own, await self._models.fetch(own.spec.stages), newest)
                missing = group_title(revision, role)
                log.warning("pipeline is behind, will try again", missing=missing)
            except PipelineUnknown as error:
                raise AssignmentGone(str(error)) from error
            except BrokerUnavailable as error:
                log.warning("broker does not answer, will try again", error=str(error))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    log.warning("master does not answer, will try again", error=error.details())
                else:
                    # To wait here costs nothing, and a file that is registered again is there soon.
                    _tell(str(error.details()))
                    retries = DAMAGED_RETRIES if error.code() in _DAMAGED else RETRIES
            except DownloadStalled as error:
                log.warning("download failed, will try again", error=str(error))
            except ModelDamaged as error:
                _tell(str(error))
                retries = DAMAGED_RETRIES
            await asyncio.sleep(retries.pause(attempt))
        raise AssertionError("the attempts have no end")

    async def _own(
        self, newest: StoredPipeline, revision: int, role: WorkerRole
    ) -> StoredPipeline | None:
        """The pipeline as this worker has it; None: that is not known yet, or not any more."""
        if role is WorkerRole.WORKER:
            return await self._revisions.at(newest, revision)
        spec = shadow_of(newest.spec) if newest.shadow == revision else None
        return replace(newest, spec=spec) if spec else None


_DAMAGED = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""What the master answers where parts of a file are gone."""


def _tell(trouble: str) -> None:
    """As the last error that is logged it is what the pipeline's status says."""
    log.error(trouble)
