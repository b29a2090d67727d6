"""A Triton that is watched over, and brought back when it goes away."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.worker.errors import InferenceFailed, TritonNotReady, TritonUnavailable
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.served_model import ServedModel
from framemesh.worker.triton.tensor_arena import RowOutputs

log = get_logger()

POLL_SECONDS = 0.2
"""Between looks at whether the process still runs; calls that fail make us look at once."""

PROBE_SECONDS = 5.0
"""A model that answered nothing for so long is asked something."""

RESTARTS = Backoff(first_seconds=0.2, max_seconds=10.0)
"""Before each attempt to bring it back."""

STABLE_SECONDS = 60.0
"""After so long without trouble, the pauses begin again with the first."""


class TritonInstance(Protocol):
    """Where a Triton comes from: a child process of ours, or an address."""

    @property
    def running(self) -> bool: ...

    @property
    def owned(self) -> bool:
        """Whether a start leaves nothing of the one before."""
        ...

    async def start(self, client: TritonClient) -> None:
        """Bring it up, or bring it up again, and connect the client to it."""
        ...

    async def stop(self) -> None: ...

    def last_log_line(self) -> str:
        """The last line that it printed."""
        ...


class TritonServer:
    """Knows whether Triton is well, from real inferences: its own readiness checks lie.

    `start`, then `serve`, then let `watch` run until `stop`.
    """

    def __init__(self, source: TritonInstance, client: TritonClient, clock: Clock) -> None:
        self._source = source
        self._client = client
        self._clock = clock
        self.models: Sequence[ServedModel] = ()
        self._alarm = asyncio.Event()
        self._well = asyncio.Event()
        self.restarts = 0
        """How often it had to be brought back."""

    @property
    def address(self) -> str:
        """host:port of its gRPC endpoint; another one after a restart."""
        return self._client.address

    @property
    def healthy(self) -> bool:
        return self._well.is_set()

    @property
    def shared_memory(self) -> bool:
        """Whether the pictures of all models go through shared memory."""
        return all(model.shared_memory for model in self.models)

    async def available(self) -> None:
        """Wait until it is healthy; at once if it is."""
        await self._well.wait()

    async def start(self, models: Sequence[ServedModel]) -> None:
        """Return once every model answered a real inference.

        Raises:
            TritonStartFailed: our own does not start.
            TritonUnavailable: a given one does not answer.
            InferenceFailed: a model fails on an input of zeros.
        """
        self.models = models
        await self._bring_up()
        self._well.set()

    async def watch(self) -> None:
        """Bring it back whenever it goes away. Runs until cancelled."""
        attempts = 0
        while True:
            since = self._clock.monotonic()
            reason = await self._trouble()
            if self._clock.monotonic() - since > STABLE_SECONDS:
                attempts = 0
            self._well.clear()
            log.warning("triton is away", address=self.address, reason=reason)
            attempts = await self._revive(attempts)
            log.info("triton is back", address=self.address, restarts=self.restarts)
            self._well.set()

    async def stop(self) -> None:
        """End it, if it is ours, and give all memory back; a second call does nothing."""
        if self.healthy and not self._source.owned:
            for model in self.models:
                await model.detach()
        self._well.clear()
        await self._client.close()
        await self._source.stop()
        for model in self.models:
            model.close()

    async def infer(self, model: ServedModel, first: int, count: int) -> list[RowOutputs]:
        """As `ServedModel.infer`; TritonNotReady at once while Triton is known to be away."""
        if not self.healthy:
            raise TritonNotReady("Triton is away: wait until it is back")
        try:
            return await model.infer(first, count)
        except TritonUnavailable:
            self._alarm.set()
            raise

    async def _trouble(self) -> str:
        """Return, with what is wrong, once something is."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._alarm.wait()
            except TimeoutError:
                pass
            if not self._source.running:
                return f"tritonserver ended: {self._source.last_log_line()}"
            alarmed = self._alarm.is_set()
            self._alarm.clear()
            now = self._clock.monotonic()
            try:
                for model in self.models:
                    if alarmed or now - model.answered_at > PROBE_SECONDS:
                        await model.probe()
            except (InferenceFailed, TritonUnavailable) as error:
                return str(error)

    async def _revive(self, attempts: int) -> int:
        """Bring it back, however long that takes.

        Takes and returns the number of attempts since it was last stable.
        """
        logged = ""
        while True:
            attempts += 1
            await asyncio.sleep(RESTARTS.pause(attempts))
            self.restarts += 1
            try:
                await self._bring_up()
                return attempts
            except FramemeshError as error:
                if logged != str(error):
                    logged = str(error)
                    log.warning("triton does not come back", reason=logged)

    async def _bring_up(self) -> None:
        await self._source.start(self._client)
        for model in self.models:
            if self._source.owned:
                model.rows.end_quarantine()
            await model.attach()
            await model.probe()
        self._alarm.clear()
