"""Measures the requests of one stage to Triton."""

from collections.abc import Sequence

from framemesh.core.clock import Clock
from framemesh.core.metrics.frames import BATCH_SIZE, TRITON_REQUEST
from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.metrics.meter import Meter
from framemesh.worker.engine.batching import Infer
from framemesh.worker.triton.tensor_arena import RowOutputs


class MeasuredInference:
    """Infers, and tells how many inputs a request had and how long one that was answered took."""

    def __init__(self, infer: Infer, meter: Meter, stage: tuple[str, str], clock: Clock) -> None:
        """`stage`: of which pipeline, and its name."""
        self._infer = infer
        self._sizes = meter.histogram(BATCH_SIZE, *stage)
        self._durations = meter.histogram(TRITON_REQUEST, *stage)
        self._clock = clock
        self.inputs = 0
        """That were answered."""
        self.input_seconds = 0.0
        """How long each of them was with Triton, added up."""

    async def __call__(self, rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        began = self._clock.monotonic()
        outputs = await self._infer(rows, size)
        took = self._clock.monotonic() - began
        self._durations.observe(took)
        self._sizes.observe(len(rows))
        self.inputs += len(rows)
        self.input_seconds += len(rows) * took
        return outputs
