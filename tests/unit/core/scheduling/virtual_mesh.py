"""Frames, calls and backends in virtual time, around any scheduler: enough to see what one does."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.batching import Dispatch, HoldReason
from framemesh.core.scheduling.call_graph import CallGraph
from framemesh.core.scheduling.choice import Late, SkipOptional
from framemesh.core.scheduling.configuration import Configuration
from framemesh.core.scheduling.hedging import Clone, Running
from framemesh.core.scheduling.scheduler import Call, Scheduler, Waiting

HEDGE_LOOKS_SECONDS = 0.01
MOST_CHOSEN_AGAIN = 8


@dataclass(eq=False)
class Frame:
    camera: str
    captured: float
    deadline: float
    left: int = 0
    """Calls that are not done."""
    done: float | None = None
    given_up: bool = False
    skipped: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Input:
    id: int
    frame: Frame
    node: str
    due: float
    done: bool = False


@dataclass(eq=False)
class Batch:
    configuration: Configuration
    inputs: Sequence[Input]
    answered: bool = False


class VirtualMesh:
    """`seconds(configuration, batch, now)` is what a batch really takes; `calls(parent, child)` how
    many calls of a child one of a parent leads to."""

    def __init__(
        self,
        scheduler: Scheduler,
        graph: CallGraph,
        backends: Sequence[Backend],
        seconds: Callable[[Configuration, int, float], float],
        calls: Callable[[str, str], int] = lambda _, __: 1,
    ) -> None:
        self._scheduler, self._graph = scheduler, graph
        self._backends = {backend.name: backend for backend in backends}
        self._seconds, self._calls = seconds, calls
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()
        self._waiting: dict[Configuration, list[Input]] = defaultdict(list)
        self._wakes: dict[str | Configuration, float] = {}
        self._free = {backend.name: [0.0] * backend.capacity for backend in backends}
        self.frames: list[Frame] = []
        self.batches: list[Batch] = []
        self.clones = 0
        self.cost = 0.0

    def frame(self, camera: str, at: float, objective: float) -> None:
        frame = Frame(camera, at, at + objective)
        self.frames.append(frame)
        self._at(at, lambda now: self._begin(frame, now))

    def run(self) -> None:
        while self._events:
            now, _, happen = heapq.heappop(self._events)
            happen(now)

    def late(self, since: float = 0.0) -> float:
        """The part of the frames since then that was not done in time."""
        frames = [frame for frame in self.frames if frame.captured >= since]
        missed = [each for each in frames if each.done is None or each.done > each.deadline + 1e-9]
        return len(missed) / len(frames)

    def used(self, backend: str, since: float = 0.0) -> float:
        """The part of the inputs that ran there."""
        ran = [
            (batch.configuration.backend, len(batch.inputs))
            for batch in self.batches
            if batch.inputs[0].frame.captured >= since
        ]
        return sum(size for name, size in ran if name == backend) / sum(size for _, size in ran)

    def _at(self, time: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), happen))

    def _wake(self, who: str | Configuration, time: float, happen: Callable[[float], None]) -> None:
        """Once at a time for each, at the earliest that was asked for."""

        def woken(now: float) -> None:
            if self._wakes.get(who) == time:
                del self._wakes[who]
                happen(now)

        if time < self._wakes.get(who, float("inf")):
            self._wakes[who] = time
            self._at(time, woken)

    def _begin(self, frame: Frame, now: float) -> None:
        self._scheduler.arrived(frame.camera, now)
        for node in self._graph.nodes:
            if not node.parents:
                self._call(frame, node.name, now)

    def _call(self, frame: Frame, node: str, now: float) -> None:
        frame.left += 1
        self._choose(Input(next(self._numbers), frame, node, now), now)

    def _choose(self, each: Input, now: float) -> None:
        frame = each.frame
        call = Call(each.id, each.node, frame.camera, frame.deadline)
        decision = self._scheduler.choose(call, now)
        if isinstance(decision, SkipOptional):
            frame.skipped.append(each.node)
            self._end(frame, each.node, now)
        elif isinstance(decision, Late):
            frame.given_up = True
            self._scheduler.dropped(each.id)
        else:
            waiting = self._waiting[decision.configuration]
            each.due = decision.due
            waiting.append(each)
            waiting.sort(key=lambda one: one.due)
            self._look(decision.configuration, now)

    def _look(self, configuration: Configuration, now: float) -> None:
        waiting = self._waiting[configuration]
        while waiting:
            due = [each.due for each in waiting]
            found = self._scheduler.dispatch(Waiting(configuration, due), now)
            if not isinstance(found, Dispatch):
                if found.reason is HoldReason.NO_ROOM:
                    self._wake(
                        configuration.backend,
                        found.time,
                        lambda then: self._commit(configuration.backend, then),
                    )
                else:
                    self._wake(
                        configuration, found.time, lambda then: self._look(configuration, then)
                    )
                return
            batch = Batch(configuration, waiting[: found.count])
            del waiting[: found.count]
            self._send(batch, now)

    def _commit(self, backend: str, now: float) -> None:
        """The backend has room: what waits for it is chosen for again, the deepest first."""
        found = [each for each in self._waiting if each.backend == backend]
        found.sort(key=lambda each: -self._graph.depth(each.stage))
        for configuration in found:
            again = self._waiting[configuration][:MOST_CHOSEN_AGAIN]
            del self._waiting[configuration][:MOST_CHOSEN_AGAIN]
            for each in again:
                self._choose(each, now)
        for configuration in found:
            self._look(configuration, now)

    def _send(self, batch: Batch, now: float, *, clone: bool = False) -> None:
        configuration, size = batch.configuration, len(batch.inputs)
        request, calls = next(self._numbers), [each.id for each in batch.inputs]
        self._scheduler.sent(request, configuration, calls, now, clone=clone)
        self.batches.append(batch)
        free = self._free[configuration.backend]
        took = self._seconds(configuration, size, now)
        end = max(now, heapq.heappop(free)) + took
        heapq.heappush(free, end)
        backend = self._backends[configuration.backend]
        self.cost += took * backend.price_per_hour / backend.capacity
        self._at(end, lambda then: self._answer(batch, request, now, then))
        if not clone:
            self._watch(batch, request, now, now)

    def _watch(self, batch: Batch, request: int, sent: float, now: float) -> None:
        if batch.answered:
            return
        deadline = min(each.frame.deadline for each in batch.inputs)
        running = Running(request, batch.configuration, len(batch.inputs), sent, deadline)
        found = self._scheduler.hedge(running, now)
        if isinstance(found, Clone):
            self.clones += 1
            self._send(Batch(found.choice.configuration, batch.inputs), now, clone=True)
        elif sent + 1.0 > now:
            self._at(
                now + HEDGE_LOOKS_SECONDS, lambda then: self._watch(batch, request, sent, then)
            )

    def _answer(self, batch: Batch, request: int, sent: float, now: float) -> None:
        size, batch.answered = len(batch.inputs), True
        self._scheduler.observe(
            batch.configuration, size, now - sent, True, now=now, request=request
        )
        for each in batch.inputs:
            if not each.done:
                each.done = True
                self._end(each.frame, each.node, now)
        self._commit(batch.configuration.backend, now)

    def _end(self, frame: Frame, node: str, now: float) -> None:
        for child in self._graph.children(node):
            calls = self._calls(node, child)
            self._scheduler.branched(frame.camera, node, child, calls)
            for _ in range(calls):
                self._call(frame, child, now)
        frame.left -= 1
        if not frame.left and not frame.given_up:
            frame.done = now
