"""Collects the status of pipelines, so that one in trouble does not hide the others."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import TypeVar

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.ledger.registry import LedgerRegistry
from framemesh.monitor.status.backlog import Backlog, backlog, dead_letters_kept
from framemesh.monitor.status.pipeline_status import PipelineStatus
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown

T = TypeVar("T")

MAX_CONCURRENT = 32
"""Pipelines that are queried concurrently: each takes a few requests to the broker."""

ANSWER_TIMEOUT_SECONDS = 6.0
"""For all pipelines together, however many are in trouble; callers wait 10 s."""


class StatusCollector:
    """Asks the broker and the ledgers, each part on its own."""

    def __init__(
        self, broker: Broker, pipelines: PipelineStore, registry: LedgerRegistry, clock: Clock
    ) -> None:
        self._broker = broker
        self._pipelines = pipelines
        self._registry = registry
        self._clock = clock

    async def one(self, pipeline: str) -> PipelineStatus:
        """The whole status of a pipeline.

        Raises:
            PipelineUnknown: no pipeline has this name.
            StreamGone, LedgerBehind, BrokerUnavailable: a part of it cannot be read.
        """
        stored = await self._pipelines.get(pipeline)
        found = await self._registry.ledger(pipeline)
        return PipelineStatus(
            pipeline,
            await found.summary(self._clock.unix_nano()),
            found.unread,
            await backlog(self._broker, stored),
            await dead_letters_kept(self._broker, pipeline),
        )

    async def all(self) -> list[PipelineStatus]:
        """Of all pipelines, by name, what can be read within ANSWER_TIMEOUT_SECONDS.

        Raises:
            BrokerUnavailable: not even their names.
        """
        names = await self._pipelines.names()
        slots = asyncio.Semaphore(MAX_CONCURRENT)
        deadline = asyncio.get_running_loop().time() + ANSWER_TIMEOUT_SECONDS

        async def look(name: str) -> PipelineStatus | None:
            async with slots:
                return await self._known(name, deadline)

        async with TaskGroup() as tasks:
            looking = [tasks.create_task(look(name)) for name in names]
        return [found for task in looking if (found := task.result())]

    async def _known(self, pipeline: str, deadline: float) -> PipelineStatus | None:
        """What can be read of a pipeline; None for one that was deleted since it was listed."""
        problems: list[str] = []

        async def part(asked: Coroutine[None, None, T]) -> T | None:
            try:
                async with asyncio.timeout_at(deadline):
                    return await asked
            except TimeoutError:
                problems.append("the broker did not answer in time")
            except FramemeshError as error:
                problems.append(str(error))
            return None

        async with TaskGroup() as tasks:
            ledger = tasks.create_task(part(self._registry.latest(pipeline)))
            waiting = tasks.create_task(part(self._backlog(pipeline)))
            dead = tasks.create_task(part(dead_letters_kept(self._broker, pipeline)))
        status = PipelineStatus(pipeline, None, 0, waiting.result(), dead.result())
        if found := ledger.result():
            summary = await part(found.summary(self._clock.unix_nano()))
            status = replace(status, ledger=summary, unread_entries=found.unread)
            if found.behind:
                problems.append(f"the ledger is {found.behind} entries behind: ask again")
        problem = "; ".join(dict.fromkeys(problems))
        if problem:
            deleted: bool | None = await part(self._is_deleted(pipeline))
            if deleted:
                return None
        return replace(status, problem=problem)

    async def _backlog(self, pipeline: str) -> Backlog:
        return await backlog(self._broker, await self._pipelines.get(pipeline))

    async def _is_deleted(self, pipeline: str) -> bool:
        try:
            await self._pipelines.get(pipeline)
        except PipelineUnknown:
            return True
        return False
