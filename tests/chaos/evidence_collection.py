"""Collecting what a round leaves behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc.aio
import nats.errors

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.frame import FrameId
from tests.chaos.ledger.evidence import Evidence, MonitorReport
from tests.chaos.ledger.record import FATES, Record
from tests.chaos.system_under_test import SystemUnderTest

T = TypeVar("T")

DRAIN_TIMEOUT_SECONDS = 60.0
"""Until every accepted frame must have its outcome, once no camera pushes any more."""

ANSWER_TIMEOUT_SECONDS = 30.0
"""For a broker and a monitor that were hit last, and are just coming back."""

POLL_SECONDS = 0.1

COUNTS = ("offered", "accepted", "pending", *FATES.values())


async def drained(system: SystemUnderTest) -> None:
    """Wait until every frame that a camera was told is accepted has an outcome.

    Raises:
        TimeoutError: one has none, or something is left in the buffer.
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
    """What there is; of a mesh that does not come back, what was read before."""
    record = await _record(system)
    return Evidence(
        sessions=await asyncio.to_thread(system.cameras.sessions),
        monitor_report=await _monitor_report(system),
        record=record,
        people=system.images.people,
        dead_letters=await _dead_letters(system),
        shrunk=system.streams.shrunk,
        gone=system.streams.live.times.keys() - record.times.keys(),
    )


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
    """Ask until there is an answer."""
    async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
        while True:
            try:
                return await ask()
            except (nats.errors.Error, grpc.aio.AioRpcError):
                await asyncio.sleep(POLL_SECONDS)
