"""The decisions of the autoscaler as they are stored, read by plain nats-py."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.cancellation import preserve_cancellation
from tests.chaos.ledger.raw_stream import plain_client

BUCKET = "framemesh-scaling"

POLL_SECONDS = 0.1
"""Less than the autoscaler needs for two decisions."""

ANSWER_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """Another number of workers."""

    at_unix_nano: int
    before: int
    after: int


class DecisionLog:
    """What was decided for one pipeline, in the order in which it was stored."""

    def __init__(self, client: Client, pipeline: str, workers: int) -> None:
        """`workers`: that it has before the first decision."""
        self._jetstream = client.jetstream(timeout=ANSWER_TIMEOUT_SECONDS)
        self._subject = f"$KV.{BUCKET}.{pipeline}"
        self._last = 0, workers
        """When the number of workers was decided, and which it is."""
        self.decisions: list[StoredDecision] = []
        self.overwritten: list[StoredDecision] = []
        """Decisions in whose place an older one was stored."""

    async def follow(self) -> NoReturn:
        """Read on until cancelled, whatever happens to the broker."""
        while True:
            with contextlib.suppress(nats.errors.Error, TimeoutError):
                await self._read()
            await asyncio.sleep(POLL_SECONDS)

    async def next_one(self, timeout_seconds: float) -> bool:
        """Wait until another decision is made; returns whether one was in time."""
        known = len(self.decisions)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while len(self.decisions) == known:
                    await asyncio.sleep(POLL_SECONDS)
        return len(self.decisions) > known

    async def _read(self) -> None:
        try:
            with preserve_cancellation():
                message = await self._jetstream.get_last_msg(f"KV_{BUCKET}", self._subject)
        except NotFoundError:
            return
        scaled = json.loads(message.data or b"{}")
        now = int(scaled.get("changed_unix_nano", 0)), int(scaled["replicas"])
        before, self._last = self._last, now
        # The same number again is another choice of nodes.
        if before[1] == now[1]:
            return
        decision = StoredDecision(max(now[0], before[0]), before[1], now[1])
        (self.decisions if now[0] >= before[0] else self.overwritten).append(decision)


@asynccontextmanager
async def decision_log(url: str, pipeline: str, workers: int) -> AsyncIterator[DecisionLog]:
    """The decisions for a pipeline; they are followed while the context lasts."""
    async with plain_client(url) as client:
        log = DecisionLog(client, pipeline, workers)
        async with background_task(log.follow()):
            yield log
