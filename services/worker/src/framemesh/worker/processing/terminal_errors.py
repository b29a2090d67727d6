"""The first step: an error that no further attempt can change becomes an outcome."""

from framemesh.core.outcome import Outcome
from framemesh.worker.errors import FrameGivenUp, TooOld, Undecodable
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Process


class TerminalErrors:
    """Makes a frame `dead` or `expired` where an error says that it is."""

    def __init__(self, outcomes: OutcomeFactory) -> None:
        self._outcomes = outcomes

    async def process(self, context: FrameContext, proceed: Process) -> Outcome:
        try:
            return await proceed(context)
        except (Undecodable, FrameGivenUp) as error:
            return self._outcomes.dead(context, error.reason, str(error), attempts=context.attempts)
        except TooOld:
            return self._outcomes.expired(context)
