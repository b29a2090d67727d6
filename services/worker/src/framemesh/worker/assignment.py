"""What a worker runs: a pipeline at one revision, and the files of its models.

The pipeline comes from the store alone, which the master writes: specification, revision and
streams are those of one moment. Models never change; it does not matter when they are downloaded.
"""

import asyncio
import itertools
from dataclasses import dataclass

import grpc
import grpc.aio

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.local_model import LocalModel
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger
from framemesh.worker.models.cache import ModelDamaged
from framemesh.worker.models.fetcher import ModelFetcher
from framemesh.worker.models.master_source import DownloadStalled

log = get_logger()

RETRIES = Backoff(first_seconds=0.5, max_seconds=15.0)
"""A master that restarts is back in a second; one that cannot send a model is not asked all the
time."""


class AssignmentGone(FramemeshError):
    """The pipeline, or a model of it, is not there any more."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Assignment:
    """A pipeline at one revision, and its models by the name of their stage."""

    pipeline: StoredPipeline
    models: dict[str, LocalModel]


class AssignmentClient:
    """Reads the pipeline, and downloads its models from the master, for as long as it takes."""

    def __init__(self, store: PipelineStore, models: ModelFetcher) -> None:
        self._store = store
        self._models = models

    async def assignment(self, pipeline: str, revision: int) -> Assignment:
        """What the pipeline is at `revision`, or a newer one.

        Raises:
            AssignmentGone: the pipeline or one of its models does not exist.
            CacheUnusable: there is no room for a model.
        """
        for attempt in itertools.count(1):
            try:
                stored = await self._store.get(pipeline)
                if stored.revision >= revision:
                    return Assignment(stored, await self._models.fetch(stored.spec.stages))
                # As where a replica that has not heard of it answered.
                log.warning("pipeline is behind, will try again", revision=stored.revision)
            except PipelineUnknown as error:
                raise AssignmentGone(str(error)) from error
            except BrokerUnavailable as error:
                log.warning("broker does not answer, will try again", error=str(error))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    raise AssignmentGone(str(error.details())) from error
                log.warning("master does not answer, will try again", error=error.details())
            except (DownloadStalled, ModelDamaged) as error:
                log.warning("download failed, will try again", error=str(error))
            await asyncio.sleep(RETRIES.pause(attempt))
        raise AssertionError("the attempts have no end")
