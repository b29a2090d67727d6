"""Collecting what a round leaves behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc.aio
import nats.errors

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.frame import FrameId
from tests.chaos.ledger.evidence import Evidence, Told
from tests.chaos.ledger.record import FATES, Record
from tests.chaos.scene import Scene

T = TypeVar("T")

DRAIN_TIMEOUT_SECONDS = 60.0
"""Until every accepted frame must have its outcome, once no camera pushes any more."""

ANSWER_TIMEOUT_SECONDS = 30.0
"""For a broker and a monitor that were hit last, and are just coming back."""

POLL_SECONDS = 0.1

COUNTS = ("offered", "accepted", "pending", *FATES.values())


async def drained(scene: Scene) -> None:
    """Wait until every frame that a camera was told is accepted has an outcome.

    Raises:
        TimeoutError: one has none, or something is left in the buffer.
    """
    sessions = await asyncio.to_thread(scene.cameras.sessions)
    waiting = {session.frame(sequence) for session in sessions for sequence in session.accepted}
    async with asyncio.timeout(DRAIN_TIMEOUT_SECONDS):
        while True:
            waiting -= scene.streams.live.times.keys()
            if not waiting and (await _answered(scene.streams.buffered))[0] == 0:
                return
            await asyncio.sleep(POLL_SECONDS)


async def gather(scene: Scene) -> Evidence:
    """What there is; of a mesh that does not come back, what was read before."""
    record = await _record(scene)
    return Evidence(
        sessions=await asyncio.to_thread(scene.cameras.sessions),
        told=await _told(scene),
        record=record,
        people=scene.images.people,
        dead_letters=await _dead_letters(scene),
        shrunk=scene.streams.shrunk,
        gone=scene.streams.live.times.keys() - record.times.keys(),
    )


async def _record(scene: Scene) -> Record:
    try:
        return await _answered(scene.streams.whole)
    except TimeoutError:
        return scene.streams.live


async def _dead_letters(scene: Scene) -> dict[FrameId, int]:
    try:
        return await _answered(scene.streams.dead_letters)
    except TimeoutError:
        return {}


async def _told(scene: Scene) -> Told | None:
    try:
        status = await _answered(lambda: scene.mesh.status(scene.spec.name))
    except TimeoutError:
        return None
    accounts = {ledger.camera: _account(ledger) for ledger in status.cameras}
    return Told(accounts, status.duplicate_outcomes, status.backlog)


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
