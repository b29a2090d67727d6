"""Who waits for whom, of those who change pipelines and delete models."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.concurrency.keyed_locks import KeyedLocks

REMOVAL_SECONDS = 15.0
"""For which a removal waits for the changes of pipelines with the model: each asks the broker some
times, which answers in milliseconds or, if it is lost, not within 5 s."""


class ModelBusy(FramemeshError):
    """A pipeline with the model is being changed."""

    code = Code.UNAVAILABLE


class ChangeLocks:
    """Two changes of one pipeline do not interleave, and no model is deleted while one may take it.

    Streams that do not answer hold up the changes of their own pipeline, and no others.
    """

    def __init__(self) -> None:
        self._pipelines = KeyedLocks()
        self._models = KeyedLocks()

    def pipeline(self, name: str) -> AbstractAsyncContextManager[None]:
        """While it is changed."""
        return self._pipelines.exclusive(name)

    def taking(self, models: Iterable[str]) -> AbstractAsyncContextManager[None]:
        """From before the versions of these models are looked up until the entry of a pipeline with
        them is written."""
        return self._models.shared(*models)

    @asynccontextmanager
    async def removing(self, model: str) -> AsyncIterator[None]:
        """While it is found out whether anybody has a version of a model, and that is deleted.

        Raises:
            ModelBusy: pipelines with this model were changed all the time for REMOVAL_SECONDS.
        """
        try:
            async with asyncio.timeout(REMOVAL_SECONDS) as limit, self._models.exclusive(model):
                limit.reschedule(None)
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise ModelBusy(
                f"a pipeline with model {model!r} is being changed: try again in a moment"
            ) from error
