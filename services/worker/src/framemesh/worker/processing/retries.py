"""Another attempt at a frame after one that failed."""

import asyncio

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.worker.errors import AttemptFailed, TritonNotReady
from framemesh.worker.frame_context import FrameContext, telling_of
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.processing.processor import Attempt, Process
from framemesh.worker.triton.server import TritonServer

log = get_logger()

PAUSES = Backoff(first_seconds=0.1, max_seconds=2.0)
"""After an attempt alone that failed."""


class Retries:
    """Tries a frame that is by itself again until a step below gives an outcome, or gives it up.
    Those of a larger group have one attempt together: whoever failed is the caller's to try alone.

    A frame that failed together with others is suspect from then on. A frame that was not worked
    on, because Triton was away, is not: it waits until Triton is back, however long that takes.
    """

    def __init__(self, triton: TritonServer) -> None:
        self._triton = triton

    async def process(self, group: FrameGroup, proceed: Process) -> list[Attempt]:
        while True:
            alone = group.suspect
            attempts = await proceed(group)
            for context, attempt in zip(group.contexts, attempts, strict=True):
                if isinstance(attempt, AttemptFailed):
                    _suspect(context, attempt)
            if len(group.contexts) > 1:
                return attempts
            match attempts[0]:
                case TritonNotReady():
                    # Waited for here, and not in the isolation: suspects wait for those in it.
                    await self._triton.available()
                case AttemptFailed():
                    if alone:
                        await asyncio.sleep(PAUSES.pause(group.contexts[0].attempts - 1))
                case _:
                    return attempts


def _suspect(context: FrameContext, failure: AttemptFailed) -> None:
    context.failure = failure
    if not context.suspect:
        with telling_of(context):
            log.info("attempt failed", frame=str(context.frame.id), why=str(failure))
        context.suspect = True
