"""The decisions about the number of workers, as the master keeps them."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.errors import FramemeshError
from framemesh.monitor.dashboard.mesh.master import MasterClient
from framemesh.monitor.dashboard.messages.samples import Decision

KIND = "scaled"
"""Of the events that tell one."""

PAUSE_SECONDS = 2.0
"""Between two questions to the master."""


class Decisions:
    """Asks the master, once for all who look at a pipeline."""

    def __init__(self, master: MasterClient) -> None:
        self._master = master
        self._viewers: Counter[str] = Counter()
        """By pipeline."""
        self._known: dict[str, list[Decision]] = {}
        self._wanted = asyncio.Event()

    @contextmanager
    def viewer(self, pipeline: str) -> Iterator[None]:
        """Somebody looks at a pipeline while the context lasts."""
        self._viewers[pipeline] += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._viewers -= Counter((pipeline,))
            if pipeline not in self._viewers:
                self._known.pop(pipeline, None)

    def known(self, pipeline: str) -> Sequence[Decision]:
        """Of a pipeline that somebody looks at, the oldest first."""
        return self._known.get(pipeline, ())

    async def run(self) -> NoReturn:
        """Ask about what somebody looks at, until cancelled."""
        while True:
            for pipeline in list(self._viewers):
                try:
                    answer = await self._master.pipeline(pipeline)
                except FramemeshError:
                    continue
                if pipeline in self._viewers:
                    self._known[pipeline] = decisions(answer)
            self._wanted.clear()
            if self._viewers:
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                await self._wanted.wait()


def decisions(answer: pipeline_pb2.GetPipelineResponse) -> list[Decision]:
    return [
        Decision(at_ms=event.at_unix_nano / 1e6, message=event.message)
        for event in answer.events
        if event.kind == KIND
    ]
