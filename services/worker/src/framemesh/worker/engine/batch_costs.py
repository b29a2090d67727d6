"""Asks Triton what requests of each size cost, for those who choose their sizes."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from tritonclient.grpc import service_pb2 as pb

from framemesh.core.clock import NANO
from framemesh.core.errors import FramemeshError
from framemesh.worker.engine.batch_bound import NOTHING, BatchBound, BatchCost
from framemesh.worker.triton.client import TritonClient

PERIOD_SECONDS = 5.0
"""Between two questions, each of which takes Triton half a millisecond."""


class BatchCosts:
    """Lets the bounds of models learn from what Triton says."""

    def __init__(self, client: TritonClient, bounds: Mapping[str, Sequence[BatchBound]]) -> None:
        """`bounds`: by the name of the model on Triton, of each stage that it is in."""
        self._client = client
        self._bounds = bounds
        self._seen: dict[tuple[str, int], BatchCost] = {}

    async def run(self) -> NoReturn:
        """Runs until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            # It may be away, which its supervisor tells.
            with contextlib.suppress(FramemeshError):
                self.update(await self._client.statistics())

    def update(self, found: Iterable[pb.ModelStatistics]) -> None:
        """What Triton says now, in all since it was started."""
        for model in found:
            new: dict[int, BatchCost] = {}
            for each in model.batch_stats:
                size = int(each.batch_size)
                cost = self._since_then(model.name, size, each)
                if cost.executions:
                    new[size] = cost
            if new:
                for bound in self._bounds.get(model.name, ()):
                    bound.learn(new)

    def _since_then(self, model: str, size: int, found: pb.InferBatchStatistics) -> BatchCost:
        parts = (found.compute_input, found.compute_infer, found.compute_output)
        now = BatchCost(found.compute_infer.count, sum(part.ns for part in parts) / NANO)
        last = self._seen.get((model, size), NOTHING)
        self._seen[model, size] = now
        if now.executions < last.executions:
            # It was started again.
            return now
        return BatchCost(now.executions - last.executions, now.seconds - last.seconds)
