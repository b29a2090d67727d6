"""Workers reduced to their leases: what they hold, and who else did at that moment."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.generation import Generation
from framemesh.core.worker_speed import UNKNOWN_SPEED
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.leases.lease_keeper import Hold, Lease
from framemesh.runtime.jetstream.leases.shard_leases import ShardLeases
from tests.integration.leases.conftest import GENERATION
from tests.waiting import eventually

POLL_SECONDS = 0.01


class Worker:
    """Holds what it gets until it is told to drain, and remembers it."""

    def __init__(self, crew: "Crew", name: str, connection: Broker, work: Hold | None) -> None:
        self.name = name
        self.held: dict[int, Lease] = {}
        self.epochs: list[int] = []
        self.cut_off: list[int] = []
        """Shards whose leases were lost, or not drained in time."""
        self.drain_seconds = 0.0
        self.speed = UNKNOWN_SPEED
        self.broker = connection
        self._crew = crew
        self._work = work or self._wait
        self._stop = asyncio.Event()
        leases = ShardLeases(
            connection,
            "street",
            crew.generation,
            replicas=1,
            worker=name,
            hold=self._hold,
            clock=SystemClock(),
            speed=lambda: self.speed,
        )
        self._running = asyncio.create_task(leases.run(self._stop))

    async def stop(self) -> None:
        """As by SIGTERM."""
        self._stop.set()
        await self._running

    async def kill(self) -> None:
        """Nothing is said to anybody any more. Raises what its leases ended with before."""
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running

    async def fault(self) -> BaseException | None:
        """What its leases end with, by themselves."""
        await asyncio.wait([self._running])
        self._crew.workers.remove(self)
        return self._running.exception()

    async def _hold(self, lease: Lease) -> None:
        self._crew.check_alone(lease)
        self.held[lease.shard] = lease
        self.epochs.append(lease.epoch)
        try:
            await self._work(lease)
        except asyncio.CancelledError:
            self.cut_off.append(lease.shard)
            raise
        finally:
            del self.held[lease.shard]

    async def _wait(self, lease: Lease) -> None:
        await lease.draining.wait()
        await asyncio.sleep(self.drain_seconds)


class Crew:
    """The workers of one generation, each with a connection of its own."""

    def __init__(self, url: str, generation: Generation) -> None:
        self.generation = generation
        self.workers: list[Worker] = []
        self._url = url
        self._connections = contextlib.AsyncExitStack()

    async def join(self, count: int = 1, work: Hold | None = None) -> None:
        """`work` is what they do with a shard; None: nothing, until they are told to drain."""
        for _ in range(count):
            name = f"w{len(self.workers)}"
            connection = await self._connections.enter_async_context(broker(self._url, name))
            self.workers.append(Worker(self, name, connection, work))

    def check_alone(self, lease: Lease) -> None:
        others = [w for w in self.workers if (held := w.held.get(lease.shard)) and held.certain]
        assert not others, f"{others[0].name} holds shard {lease.shard} too"

    @property
    def loads(self) -> list[int]:
        return sorted(len(worker.held) for worker in self.workers)

    @property
    def epochs(self) -> dict[int, int]:
        return {
            shard: lease.epoch for worker in self.workers for shard, lease in worker.held.items()
        }

    async def until(self, loads: list[int], seconds: float) -> float:
        """Wait until the workers have so many shards; returns how long that took."""
        began = time.monotonic()
        await eventually(lambda: self.loads == loads, seconds)
        return time.monotonic() - began

    async def close(self) -> None:
        for worker in self.workers:
            await worker.kill()
        await self._connections.aclose()


@asynccontextmanager
async def crew(url: str, generation: Generation = GENERATION) -> AsyncIterator[Crew]:
    found = Crew(url, generation)
    try:
        yield found
    finally:
        await found.close()
