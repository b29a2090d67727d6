"""Supervises a Triton: probes it with real inferences, and restarts it when it fails."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.worker.errors import (
    InferenceFailed,
    TritonNotReady,
    TritonShortOfResources,
    TritonStartFailed,
    TritonUnavailable,
)
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.scarcity import is_scarce
from framemesh.worker.triton.served_model import ServedModel
from framemesh.worker.triton.tensor_arena import RowOutputs

log = get_logger()

POLL_SECONDS = 0.2
"""Between two checks that the process still runs; a call that fails is followed by one at once."""

PROBE_SECONDS = 5.0
"""A model that has answered no request for so long is probed."""

RESTARTS = Backoff(first_seconds=0.2, max_seconds=10.0)
"""Before each attempt to bring it back; to connect to one that others run costs next to nothing."""

OWN_RESTARTS = Backoff(first_seconds=0.2, max_seconds=60.0)
"""After an attempt to start our own that failed, which takes seconds of CPU."""

PERMANENT_RESTARTS = Backoff(first_seconds=0.2, max_seconds=300.0)
"""The same where nothing suggests that it would go better next time: under 1% of a core."""

STABLE_SECONDS = 60.0
"""After so long without trouble, the pauses begin again with the first."""


class TritonInstance(Protocol):
    """A Triton to be supervised: a child process of ours, or one at an address."""

    @property
    def running(self) -> bool: ...

    @property
    def owned(self) -> bool:
        """Whether it is our child process, of which a restart leaves nothing behind."""
        ...

    async def start(self, client: TritonClient) -> None:
        """Start it, or start it again, and connect the client to it."""
        ...

    async def stop(self) -> None: ...

    def last_log_line(self) -> str:
        """The last line of its log."""
        ...


class TritonServer:
    """Knows whether Triton is healthy from real inferences: its own readiness checks lie.

    Call `start`, run `watch` as a task, and end with `stop`.
    """

    def __init__(self, source: TritonInstance, client: TritonClient, clock: Clock) -> None:
        self._source = source
        self._client = client
        self._clock = clock
        self.models: Sequence[ServedModel] = ()
        self._suspected = asyncio.Event()
        self._usable = asyncio.Event()
        """Healthy, and no call failed since it was last seen to be."""
        self.healthy = False
        """As far as is known; one that is suspected still counts as healthy."""
        self.restarts = 0
        """Attempts to restart it, in all."""

    @property
    def address(self) -> str:
        """host:port of its gRPC endpoint; another one after a restart."""
        return self._client.address

    @property
    def shared_memory(self) -> bool:
        """Whether the images of all models go through shared memory."""
        return all(model.shared_memory for model in self.models)

    async def available(self) -> None:
        """Wait until it is healthy, and until what a failed call made doubtful is known."""
        await self._usable.wait()

    async def start(self, models: Sequence[ServedModel]) -> None:
        """Return once every model answered a real inference.

        Raises:
            TritonStartFailed: our child process does not start.
            TritonShortOfResources: neither it nor a model does, for want of memory or the like.
            TritonUnavailable: the one at an address does not answer.
            InferenceFailed: a model fails on an input of zeros.
        """
        self.models = models
        try:
            await self._bring_up()
        except (TritonStartFailed, InferenceFailed) as error:
            if is_scarce(str(error)):
                raise TritonShortOfResources(str(error)) from error
            raise
        self._set_healthy(True)

    async def watch(self) -> None:
        """Restart it whenever it fails. Runs until cancelled."""
        attempts = 0
        while True:
            since = self._clock.monotonic()
            reason = await self._failure()
            if self._clock.monotonic() - since > STABLE_SECONDS:
                attempts = 0
            self._set_healthy(False)
            log.warning("triton failed", address=self.address, reason=reason)
            attempts = await self._restart(attempts)
            log.info("triton is healthy again", address=self.address, restarts=self.restarts)
            self._set_healthy(True)

    async def stop(self) -> None:
        """Stop it, if it is our child process, and free all memory; a second call does nothing."""
        if self.healthy and not self._source.owned:
            for model in self.models:
                await model.detach()
        self._set_healthy(False)
        await self._client.close()
        await self._source.stop()
        for model in self.models:
            model.close()

    async def infer(
        self, model: ServedModel, rows: Sequence[int], size: InputSize | None = None
    ) -> list[RowOutputs]:
        """As `ServedModel.infer`; TritonNotReady at once while Triton is down, or may be."""
        if not self._usable.is_set():
            raise TritonNotReady("Triton is down: wait until it is healthy again")
        try:
            return await model.infer(rows, size)
        except TritonUnavailable:
            # Another attempt, which may be the last of a frame, must not go to a dead one.
            self._usable.clear()
            self._suspected.set()
            raise

    async def _failure(self) -> str:
        """Wait for a failure; returns what it is."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._suspected.wait()
            except TimeoutError:
                pass
            if not self._source.running:
                return f"tritonserver ended: {self._source.last_log_line()}"
            suspected = self._suspected.is_set()
            self._suspected.clear()
            now = self._clock.monotonic()
            try:
                for model in self.models:
                    if suspected or now - model.answered_at > PROBE_SECONDS:
                        await model.probe()
            except (InferenceFailed, TritonUnavailable) as error:
                return str(error)
            if not self._suspected.is_set():
                self._usable.set()

    def _set_healthy(self, healthy: bool) -> None:
        self.healthy = healthy
        if healthy:
            self._usable.set()
        else:
            self._usable.clear()

    async def _restart(self, attempts: int) -> int:
        """Restart it until it is healthy.

        Takes and returns the number of attempts since it was last stable.
        """
        logged = ""
        pauses = RESTARTS
        while True:
            attempts += 1
            await asyncio.sleep(pauses.pause(attempts))
            self.restarts += 1
            try:
                await self._bring_up()
                return attempts
            except FramemeshError as error:
                if self._source.owned:
                    pauses = pauses_after(error)
                if logged != str(error):
                    logged = str(error)
                    log.warning("triton cannot be restarted", reason=logged)

    async def _bring_up(self) -> None:
        await self._source.start(self._client)
        for model in self.models:
            if self._source.owned:
                model.rows.end_quarantine()
            await model.attach()
            await model.probe()
        self._suspected.clear()


def pauses_after(failure: FramemeshError) -> Backoff:
    """Before further attempts to start a Triton of our own."""
    permanent = failure.permanent and not is_scarce(str(failure))
    return PERMANENT_RESTARTS if permanent else OWN_RESTARTS
