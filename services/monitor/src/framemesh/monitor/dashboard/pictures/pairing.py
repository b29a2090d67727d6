"""The outcomes of the frames that pictures are made of: one watcher a pipeline for all browsers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from framemesh.core.errors import FramemeshError
from framemesh.core.frame import FrameId
from framemesh.monitor.results.hub import ResultHub
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import outcome_subject

log = get_logger()

MAX_RECENT = 512
MAX_RECENT_BYTES = 4 * 1024 * 1024
"""Of outcomes that nobody waited for when they came: where this process was busy, an outcome may be
seen before the frame, though it was stored after it."""

RETRY_SECONDS = 1.0
"""After the results of a pipeline could not be read: it may be made anew, or the broker be back."""


class OutcomePairing:
    """Of all results of a pipeline it keeps those that somebody waits for, and the last ones for a
    moment; none is parsed here."""

    def __init__(self, results: ResultHub, pipeline: str) -> None:
        self._results = results
        self._pipeline = pipeline
        self._expected: dict[str, asyncio.Future[bytes]] = {}
        """By subject."""
        self._recent: dict[str, bytes] = {}
        """Outcomes by subject, the oldest first."""
        self._recent_bytes = 0
        self._watching = asyncio.Event()

    async def ready(self) -> None:
        """Wait until every outcome from now on will be seen."""
        await self._watching.wait()

    @contextmanager
    def expected(self, frame: FrameId) -> Iterator[asyncio.Future[bytes]]:
        """What becomes the outcome of a frame, as it is stored, once there is one."""
        subject = outcome_subject(self._pipeline, frame)
        found: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._expected[subject] = found
        if subject in self._recent:
            found.set_result(self._recent[subject])
        try:
            yield found
        finally:
            found.cancel()
            if self._expected.get(subject) is found:
                del self._expected[subject]

    async def run(self) -> NoReturn:
        """Watch until cancelled."""
        while True:
            try:
                async with self._results.watcher(self._pipeline, frozenset()) as watcher:
                    after = await watcher.last_sequence()
                    self._watching.set()
                    await watcher.run(self._take, after)
            except* FramemeshError as group:
                log.debug("outcomes are not seen", pipeline=self._pipeline, error=str(group))
            self._watching.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _take(self, message: ReceivedMessage) -> None:
        found = self._expected.get(message.subject)
        if found is not None and not found.done():
            found.set_result(message.payload)
        elif message.subject not in self._recent:
            self._recent[message.subject] = message.payload
            self._recent_bytes += len(message.payload)
            while len(self._recent) > MAX_RECENT or self._recent_bytes > MAX_RECENT_BYTES:
                oldest = self._recent.pop(next(iter(self._recent)))
                self._recent_bytes -= len(oldest)
