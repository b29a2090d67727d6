"""What Triton itself says of the time that requests took in it."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from tritonclient.grpc import service_pb2 as pb

from framemesh.core.clock import NANO
from framemesh.core.errors import FramemeshError
from framemesh.core.metrics.frames import TRITON_COMPUTE, TRITON_EXECUTIONS, TRITON_QUEUE
from framemesh.runtime.metrics.meter import Meter, Readings
from framemesh.runtime.metrics.on_demand import OnDemand
from framemesh.worker.triton.client import TritonClient

PERIOD_SECONDS = 5.0
"""Between two questions, each of which takes Triton half a millisecond."""


@dataclass(frozen=True, slots=True)
class ModelStatistics:
    """Of one model, since its Triton was started."""

    queue_seconds: float = 0.0
    compute_seconds: float = 0.0
    executions: int = 0

    def plus(self, other: "ModelStatistics") -> "ModelStatistics":
        return ModelStatistics(
            self.queue_seconds + other.queue_seconds,
            self.compute_seconds + other.compute_seconds,
            self.executions + other.executions,
        )


NOTHING = ModelStatistics()


class TritonStatistics:
    """Adds up what Triton says, across its restarts."""

    def __init__(self, client: TritonClient, meter: Meter, pipeline: str) -> None:
        self._client = client
        self._pipeline = pipeline
        self._demand = OnDemand(self._ask, PERIOD_SECONDS)
        self._now: dict[str, ModelStatistics] = {}
        self._before: dict[str, ModelStatistics] = {}
        """Of Tritons that are gone."""
        meter.observe(TRITON_QUEUE, lambda: self._read(lambda of: of.queue_seconds))
        meter.observe(TRITON_COMPUTE, lambda: self._read(lambda of: of.compute_seconds))
        meter.observe(TRITON_EXECUTIONS, lambda: self._read(lambda of: of.executions))

    async def run(self) -> NoReturn:
        """Runs until cancelled."""
        await self._demand.run()

    async def _ask(self) -> None:
        # It may be away, which its supervisor tells.
        with contextlib.suppress(FramemeshError):
            self.update(await self._client.statistics())

    def update(self, found: Iterable[pb.ModelStatistics]) -> None:
        """What Triton says now. Where it says less than before, it was started again."""
        for model, now in map(_from_proto, found):
            last = self._now.get(model, NOTHING)
            if now.executions < last.executions:
                self._before[model] = self._before.get(model, NOTHING).plus(last)
            self._now[model] = now

    def _read(self, of: Callable[[ModelStatistics], float]) -> Readings:
        self._demand.read()
        return {
            (self._pipeline, model): of(now.plus(self._before.get(model, NOTHING)))
            for model, now in self._now.items()
        }


def _from_proto(found: pb.ModelStatistics) -> tuple[str, ModelStatistics]:
    took = found.inference_stats
    compute = took.compute_input.ns + took.compute_infer.ns + took.compute_output.ns
    return found.name, ModelStatistics(took.queue.ns / NANO, compute / NANO, found.execution_count)
