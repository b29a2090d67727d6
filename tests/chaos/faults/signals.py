"""Faults that are one or two signals to a process."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import psutil

from tests.chaos.faults.fault import NOTHING, Needs, RecoverySignal
from tests.chaos.faults.targets import Target
from tests.chaos.mesh.system_under_test import SystemUnderTest

END_SECONDS = 20.0
"""Timeout for a process to end after SIGTERM; then its supervisor kills it."""

HANG_SECONDS = 35.0
"""Timeout for a supervisor to kill a process that does not answer: it has 20 s to do so."""

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL, without a graceful shutdown. The supervisor restarts the process."""

    target: Target
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 5.0
    hold_seconds: tuple[float, float] = (0.0, 0.0)
    needs: frozenset[Needs] = NOTHING

    @property
    def name(self) -> str:
        return f"kill {self.target.name}"

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        await _strike(self.target, system, random, signal.SIGKILL)
        yield


@dataclass(frozen=True, slots=True)
class Restart:
    """SIGTERM, with a graceful shutdown. The supervisor restarts the process."""

    target: Target
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 5.0
    hold_seconds: tuple[float, float] = (0.0, 0.0)
    needs: frozenset[Needs] = NOTHING

    @property
    def name(self) -> str:
        return f"restart {self.target.name}"

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        process = await _strike(self.target, system, random, signal.SIGTERM)
        yield
        # Until it has ended it answers, and would be mistaken for its successor.
        await _until_ended(process)


@dataclass(frozen=True, slots=True)
class Freeze:
    """SIGSTOP, and SIGCONT later: its connections stay open, and it does not answer."""

    target: Target
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 5.0
    # Shorter and longer than the timeouts of its peers, which are from 2 to 11 s.
    hold_seconds: tuple[float, float] = (1.0, 14.0)
    needs: frozenset[Needs] = NOTHING

    @property
    def name(self) -> str:
        return f"freeze {self.target.name}"

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        process = await _strike(self.target, system, random, signal.SIGSTOP)
        try:
            yield
        finally:
            _send(process, signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class Hang:
    """SIGSTOP for good. The supervisor notices the silence, kills the process and restarts it."""

    target: Target
    recovery_signal: RecoverySignal = RecoverySignal.FRAMES
    limit_seconds: float = 30.0
    """From the signal on: what the supervisor waits for an answer, and a restart."""
    hold_seconds: tuple[float, float] = (0.0, 0.0)
    needs: frozenset[Needs] = NOTHING

    @property
    def name(self) -> str:
        return f"hang {self.target.name}"

    @asynccontextmanager
    async def inflict(self, system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
        process = await _strike(self.target, system, random, signal.SIGSTOP)
        try:
            yield
            await _until_ended(process, HANG_SECONDS)
        finally:
            # Where nobody has killed it, the round goes on.
            _send(process, signal.SIGCONT)


async def _until_ended(process: psutil.Process, timeout_seconds: float = END_SECONDS) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, TimeoutError):
        async with asyncio.timeout(timeout_seconds):
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                await asyncio.sleep(POLL_SECONDS)


async def _strike(
    target: Target, system: SystemUnderTest, random: Random, number: signal.Signals
) -> psutil.Process:
    """Send a signal to one of the processes that run; returns which.

    Raises:
        NoTarget: none runs.
    """
    while True:
        process = await target.choose(system, random)
        # Between the choice and the signal a worker may have gone, since fewer are needed.
        if _send(process, number):
            return process


def _send(process: psutil.Process, number: signal.Signals) -> bool:
    """Returns whether it was still there: its supervisor may have killed it."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return True
