"""Writes what sessions accepted to the ledgers, as one message for many of them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import Sink
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter, RetryPolicy
from framemesh.runtime.messages import acceptance_message
from framemesh.runtime.messages.acceptance_message import Acceptance

MAX_ENTRIES = 256
"""Of one message: 10 to 100 KB."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    acceptance: Acceptance
    recorded: asyncio.Future[None]


class AcceptanceRecorder:
    """Takes the acceptances of all sessions; those of a pipeline that come at the same moment are
    one message, which costs ingest, the broker and the monitor as much as one of a single camera.
    """

    def __init__(self, sink: Sink, check_pipeline: Callable[[str], Awaitable[object]]) -> None:
        """
        Args:
            check_pipeline: raises where there is no pipeline of this name, whose ledger is missing.
        """
        self._sink = sink
        self._check_pipeline = check_pipeline
        self._entries: defaultdict[str, list[_Entry]] = defaultdict(list)
        """By pipeline. Each session has one at most."""
        self._any = asyncio.Event()

    async def record(self, pipeline: str, acceptance: Acceptance) -> None:
        """Return when it is in the pipeline's ledger. Waits for as long as the broker is away.

        Raises:
            PipelineUnknown: the pipeline was deleted meanwhile.
            PublishRefused, NotPermitted: trying again would not help.
        """
        recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._entries[pipeline].append(_Entry(acceptance, recorded))
        self._any.set()
        await recorded

    async def run(self) -> NoReturn:
        """Write what is recorded. Runs until cancelled."""
        async with TaskGroup() as tasks:
            while True:
                await self._any.wait()
                self._any.clear()
                # All whose round ended with that of the first have come by then.
                await asyncio.sleep(0)
                taken, self._entries = self._entries, defaultdict(list)
                for pipeline, entries in taken.items():
                    for first in range(0, len(entries), MAX_ENTRIES):
                        part = entries[first : first + MAX_ENTRIES]
                        # Side by side: the ledger of one pipeline may be away.
                        tasks.create_task(self._write(pipeline, part))
        raise AssertionError("the loop has no end")

    async def _write(self, pipeline: str, entries: Sequence[_Entry]) -> None:
        policy = RetryPolicy(partial(self._checked, pipeline))
        message = acceptance_message.to_message(pipeline, [each.acceptance for each in entries])
        try:
            await ReliableWriter(self._sink, policy).write(message)
        except FramemeshError as error:
            for each in entries:
                if not each.recorded.done():
                    each.recorded.set_exception(error)
        else:
            for each in entries:
                if not each.recorded.done():
                    each.recorded.set_result(None)

    async def _checked(self, pipeline: str) -> None:
        await self._check_pipeline(pipeline)
