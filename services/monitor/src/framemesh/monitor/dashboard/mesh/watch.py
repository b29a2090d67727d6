"""The newest state of the mesh for all who look: asked for often while somebody does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from framemesh.monitor.dashboard.mesh.collector import MeshCollector
from framemesh.monitor.dashboard.mesh.converters import mesh_message, worker_messages
from framemesh.monitor.dashboard.mesh.state import MeshState

LOOKED_AT_SECONDS = 1.0
"""Between two states while somebody looks."""

UNSEEN_SECONDS = 5.0
"""While nobody does: for the charts of whoever looks later."""

WORKERS_SECONDS = 0.5
"""After which it is looked whether a worker changed."""


OnState = Callable[[MeshState], Awaitable[MeshState]]


@dataclass(frozen=True, slots=True)
class Published:
    """A state, and its message in JSON: written once, however many browsers get it."""

    number: int
    state: MeshState
    text: str


class MeshWatch:
    """Runs beside the monitor's other work."""

    def __init__(self, collector: MeshCollector, on_state: OnState) -> None:
        """`on_state` is handed each new state, and returns it with what it adds."""
        self._collector = collector
        self._on_state = on_state
        self._viewers = 0
        self._published = Published(0, MeshState(), "")
        self.listeners: set[Callable[[], None]] = set()
        """Called after each new state."""
        self._wanted = asyncio.Event()

    @property
    def published(self) -> Published:
        """The last state; without a text where nobody looked then."""
        return self._published

    @property
    def state(self) -> MeshState:
        """The last one: some seconds old where nobody looks."""
        return self._published.state

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """Somebody looks while the context lasts."""
        self._viewers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._viewers -= 1

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            await self._publish(
                await self._collector.whole(self.state, with_loads=bool(self._viewers))
            )
            if self._viewers:
                await asyncio.sleep(WORKERS_SECONDS)
                await self._look_at_workers()
                await asyncio.sleep(LOOKED_AT_SECONDS - WORKERS_SECONDS)
            else:
                await self._sleep_until_wanted()

    async def _look_at_workers(self) -> None:
        """Publish at once where a worker changed."""
        before = self.state
        state = await self._collector.workers_only(before)
        if worker_messages(state) != worker_messages(before):
            await self._publish(state, add=False)

    async def _sleep_until_wanted(self) -> None:
        self._wanted.clear()
        try:
            async with asyncio.timeout(UNSEEN_SECONDS):
                await self._wanted.wait()
        except TimeoutError:
            return

    async def _publish(self, state: MeshState, *, add: bool = True) -> None:
        if add:
            state = await self._on_state(state)
        text = ""
        if self._viewers:
            text = await asyncio.to_thread(lambda: mesh_message(state).model_dump_json())
        self._published = Published(self._published.number + 1, state, text)
        for listener in list(self.listeners):
            listener()
