"""How often each suspicious frame was tried alone, on record before it is tried."""

from itertools import count

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.messages import isolated_retry_message


class IsolatedRetries:
    """Counts past the death of the worker, which such a frame may cause.

    Deliveries are no such count: a frame that kills its worker takes along others that were only
    near it, and they are delivered again as often.
    """

    def __init__(self, writer: ReliableWriter, pipeline: str, worker: str) -> None:
        self._writer = writer
        self._pipeline = pipeline
        self._worker = worker

    async def begin(self, frame: FrameId) -> int:
        """The frame is about to be tried; returns the how-manieth time this is, of all workers."""
        for number in count(1):
            trial = isolated_retry_message.to_message(self._pipeline, frame, number, self._worker)
            if await self._writer.write(trial):
                return number
        raise AssertionError("unreachable")
