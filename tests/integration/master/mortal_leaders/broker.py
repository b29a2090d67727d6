"""A connection and a fleet that serve a leader for so many steps, until it is killed.

A step is a write to JetStream, or an application to the fleet.
"""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import TypeVar

from nats.aio.msg import Msg

from framemesh.master.fleet.port import FleetDriver, FleetPlan, FleetState, WorkerGroup
from framemesh.runtime.jetstream.api.subjects import is_question
from framemesh.runtime.jetstream.connection.broker import Broker

T = TypeVar("T")


class Killed(Exception):
    """The leader is no more. Nothing that it does from then on has an effect."""


class Life:
    """The steps that a leader has left."""

    def __init__(self, steps: int | None = None) -> None:
        """None: as many as it likes."""
        self.taken = 0
        self._steps = steps

    def check(self) -> None:
        if self.taken == self._steps:
            raise Killed

    async def step(self, what: Awaitable[T]) -> T:
        """Do it; the kill comes after it, and before its answer."""
        done = await what
        self.taken += 1
        self.check()
        return done


class SuspendedLife(Life):
    """One that is suspended after so many steps, as by SIGSTOP, until `go_on` is set."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._suspended_after = steps
        self.suspended, self.go_on = asyncio.Event(), asyncio.Event()

    async def step(self, what: Awaitable[T]) -> T:
        done = await super().step(what)
        if self.taken == self._suspended_after:
            self.suspended.set()
            await self.go_on.wait()
        return done


class MortalBroker(Broker):
    """A connection on which every write is a step."""

    def __init__(self, url: str, life: Life) -> None:
        super().__init__(url)
        self.life = life

    async def call(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> Msg:
        self.life.check()
        asked = super().call(subject, payload, headers)
        return await (asked if is_question(subject) else self.life.step(asked))


class MortalDriver:
    """A driver whose every application is a step."""

    def __init__(self, inner: FleetDriver, life: Life) -> None:
        self._inner = inner
        self._life = life

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        self._life.check()
        await self._life.step(self._inner.apply(groups, cordoned, epoch))

    async def observe(self) -> FleetState:
        self._life.check()
        return await self._inner.observe()

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        return await self._inner.plan(groups, cordoned)

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        return await self._inner.places(group, cordoned)
