"""Collects the evidence of a round: stored entries, camera logs and the monitor's report."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc.aio
import nats.errors

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.frame import FrameId
from tests.chaos.ledger.evidence import Evidence, MonitorReport
from tests.chaos.ledger.record import FATES, Record
from tests.chaos.mesh.system_under_test import SystemUnderTest

T = TypeVar("T")

DRAIN_TIMEOUT_SECONDS = 60.0
"""Timeout for the outcomes of all accepted frames, after the last camera stopped."""

ANSWER_TIMEOUT_SECONDS = 30.0
"""Timeout for a broker and a monitor that are recovering from the last fault."""

POLL_SECONDS = 0.1

COUNTS = ("offered", "accepted", "pending", *FATES.values())


async def drained(system: SystemUnderTest) -> None:
    """Wait until every acknowledged frame has an outcome.

    Raises:
        TimeoutError: a frame has none, or the buffer is not empty.
    """
    sessions = await asyncio.to_thread(system.cameras.sessions)
    waiting = {session.frame(sequence) for session in sessions for sequence in session.accepted}
    async with asyncio.timeout(DRAIN_TIMEOUT_SECONDS):
        while True:
            waiting -= system.streams.live.times.keys()
            if not waiting and (await _answered(system.streams.buffered))[0] == 0:
                return
            await asyncio.sleep(POLL_SECONDS)


async def gather(system: SystemUnderTest) -> Evidence:
    """Collect the evidence; for a mesh that does not recover, what was read before."""
    record = await _record(system)
    return Evidence(
        sessions=await asyncio.to_thread(system.cameras.sessions),
        monitor_report=await _monitor_report(system),
        record=record,
        people=system.images.people,
        dead_letters=await _dead_letters(system),
        shrunk=system.streams.shrunk,
        gone=system.streams.live.times.keys() - record.times.keys(),
        sunk=await _sunk(system, record),
    )


async def _sunk(system: SystemUnderTest, record: Record) -> frozenset[FrameId] | None:
    """What the sink has written, once that is all or it had the time for it."""
    if (sink := system.sink) is None:
        return None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            while record.times.keys() - await asyncio.to_thread(sink.frames):
                await asyncio.sleep(POLL_SECONDS)
    return await asyncio.to_thread(sink.frames)


async def _record(system: SystemUnderTest) -> Record:
    try:
        return await _answered(system.streams.whole)
    except TimeoutError:
        return system.streams.live


async def _dead_letters(system: SystemUnderTest) -> dict[FrameId, int]:
    try:
        return await _answered(system.streams.dead_letters)
    except TimeoutError:
        return {}


async def _monitor_report(system: SystemUnderTest) -> MonitorReport | None:
    try:
        status = await _answered(lambda: system.mesh.status(system.spec.name))
    except TimeoutError:
        return None
    accounts = {ledger.camera: _account(ledger) for ledger in status.cameras}
    return MonitorReport(accounts, status.duplicate_outcomes, status.backlog)


def _account(ledger: monitor_pb2.CameraLedger) -> dict[str, int]:
    counts = {name: getattr(ledger, name) for name in COUNTS}
    return {name: count for name, count in counts.items() if count}


async def _answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Repeat a request until it is answered."""
    async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
        while True:
            try:
                return await ask()
            except (nats.errors.Error, grpc.aio.AioRpcError):
                await asyncio.sleep(POLL_SECONDS)
