"""A publisher and a puller, each a process, and one turn of both."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from bench.frames import ROOT
from bench.kafka_twin.sender import Batching
from bench.kafka_twin.sides import Side

ANSWER_SECONDS = 120.0
RUNS = count(1)


class EndFailed(Exception):
    """A process ended, or did not answer."""


class End:
    """A process of bench.kafka_twin.traffic."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def order(self, **words: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        await self._process.stdin.drain()

    async def answer(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(ANSWER_SECONDS):
            line = await self._process.stdout.readline()
        if not line:
            raise EndFailed(f"process ended with status {await self._process.wait()}")
        found: Mapping[str, Any] = json.loads(line)
        return found


@asynccontextmanager
async def end(side: Side, role: str) -> AsyncIterator[End]:
    command = (sys.executable, "-m", "bench.kafka_twin.traffic", side.kind, side.address, role)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**os.environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield End(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Load:
    """What is published."""

    messages: int
    size: int
    """Bytes of a frame."""
    rate: float
    """Frames a second; 0: as fast as they are acknowledged."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What it came to."""

    frames_per_second: float
    publish_us: float
    """CPU of the publishing process, a frame."""
    pull_us: float
    """CPU of the process that pulls and settles, a frame."""
    broker_us: float
    p50_ms: float
    """From the call that publishes to delivery in the other process."""
    p99_ms: float
    lost: int
    """Acknowledged, and never delivered."""
    repeated: int
    """Deliveries of what was delivered before."""
    stored_twice: int
    """Messages that the broker has twice, as two."""
    pause_seconds: float
    """The longest between two deliveries."""


class Pair:
    """Both ends of one side."""

    def __init__(self, side: Side, publisher: End, puller: End) -> None:
        self.side = side
        self._publisher = publisher
        self._puller = puller

    async def turn(self, load: Load, batching: Batching | None = None) -> Turn:
        """Publish and pull, until all is settled."""
        run = f"r{next(RUNS)}"
        await self._puller.order(messages=load.messages, run=run)
        await self._puller.answer()
        before = self._broker_seconds()
        await self._publisher.order(
            **asdict(load), run=run, batching=asdict(batching) if batching else None
        )
        published, pulled = await self._publisher.answer(), await self._puller.answer()
        spent = self._broker_seconds() - before
        messages = load.messages
        return Turn(
            messages / (pulled["ended_nano"] - published["began_nano"]) * 1e9,
            1e6 * published["cpu_seconds"] / messages,
            1e6 * pulled["cpu_seconds"] / messages,
            # Of a broker that was started anew, only since then.
            1e6 * max(0.0, spent) / messages,
            pulled["p50_ms"],
            pulled["p99_ms"],
            published["stored"] - pulled["delivered"],
            pulled["repeated"],
            pulled["stored_twice"],
            pulled["longest_pause_seconds"],
        )

    def _broker_seconds(self) -> float:
        times = self.side.process.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def pair(side: Side) -> AsyncIterator[Pair]:
    async with end(side, "publish") as publisher, end(side, "pull") as puller:
        yield Pair(side, publisher, puller)
