"""Another attempt at a frame after one that failed."""

import asyncio

from framemesh.core.outcome import Outcome
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.worker.errors import AttemptFailed, TritonNotReady
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.processing.processor import Process
from framemesh.worker.triton.server import TritonServer

log = get_logger()

PAUSES = Backoff(first_seconds=0.1, max_seconds=2.0)
"""After an attempt alone that failed."""


class Retries:
    """Tries again until a step below gives an outcome, or gives the frame up.

    A frame that failed together with others is suspect from then on. A frame that was not worked
    on, because Triton was away, is not: it waits until Triton is back, however long that takes.
    """

    def __init__(self, triton: TritonServer) -> None:
        self._triton = triton

    async def process(self, context: FrameContext, proceed: Process) -> Outcome:
        while True:
            try:
                return await proceed(context)
            except TritonNotReady:
                # Waited for here, and not in the isolation: suspects wait for those in it.
                await self._triton.available()
            except AttemptFailed as failure:
                context.failure = failure
                if context.suspect:
                    await asyncio.sleep(PAUSES.pause(context.attempts - 1))
                else:
                    log.info("attempt failed", frame=str(context.frame.id), why=str(failure))
                    context.suspect = True
