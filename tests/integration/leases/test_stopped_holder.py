"""A holder that is stopped (SIGSTOP) for longer than its lease lives, and wakes up."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from framemesh.core.leases.lease_member import RENEW_SECONDS, TTL_SECONDS
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.leases.takeover import take_over
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.nats_server import NatsServer
from tests.integration.leases.holder_program import ONE_SHARD, SHARD
from tests.integration.leases.pulling import publish, pulling
from tests.integration.leases.workers import crew
from tests.waiting import eventually

PROGRAM = Path(__file__).with_name("holder_program.py")
ROOT = Path(__file__).parents[3]
POLL_SECONDS = 0.01


class Holder:
    """The process, and what it said."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.process = psutil.Process(child.pid)

    @property
    def said(self) -> list[dict[str, Any]]:
        assert self._child.log is not None
        lines = self._child.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def frames(self) -> list[int]:
        return [fact["frame"] for fact in self.said if "frame" in fact]


@asynccontextmanager
async def holder(url: str, log: Path) -> AsyncIterator[Holder]:
    child = await Child.start(
        [sys.executable, PROGRAM, url],
        name="holder",
        log=log,
        environment={"PYTHONPATH": str(ROOT)},
    )
    try:
        yield Holder(child)
    finally:
        child.kill()
        await child.wait()


async def test_a_suspended_holder_gets_nothing_more_and_notices_when_it_resumes(
    provisioned: Broker, nats: NatsServer, tmp_path: Path
) -> None:
    took_over = asyncio.Event()
    got: list[int] = []

    async def work(lease: Lease) -> None:
        async with pulling(
            provisioned, await take_over(provisioned, SHARD, lease.epoch, lease.member)
        ) as pulled:
            got.extend(await pulled.until(10))
            took_over.set()
            await lease.draining.wait()

    async with (
        holder(nats.url, tmp_path / "holder.log") as first,
        crew(nats.url, ONE_SHARD) as some,
    ):
        await publish(provisioned, SHARD, 5)
        await eventually(lambda: first.frames() == [1, 2, 3, 4, 5], 10)
        first.process.suspend()
        stopped_at = time.monotonic()
        await publish(provisioned, SHARD, 5)
        await some.join(work=work)
        await took_over.wait()
        assert time.monotonic() - stopped_at < TTL_SECONDS + RENEW_SECONDS + 1
        assert got == list(range(1, 11)), "first those that the stopped one had"

        first.process.resume()
        await eventually(lambda: "ended" in first.said[-1], 10)
        assert first.said[-1]["certain"] is False
        late = [fact for fact in first.said if fact.get("frame", 0) > 5]
        assert all(not fact["certain"] for fact in late), (
            "what was on the way before is not worked on"
        )

        await some.workers[0].stop()
        await eventually(lambda: sum("taken" in fact for fact in first.said) == 2, 10)
        epochs = [fact["taken"] for fact in first.said if "taken" in fact]
        assert epochs[0] < some.workers[0].epochs[0] < epochs[1]
