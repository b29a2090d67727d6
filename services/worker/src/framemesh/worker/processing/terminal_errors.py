"""The first step: an error that no further attempt can change becomes an outcome."""

from framemesh.worker.errors import FrameGivenUp, TooOld, Undecodable
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt, Process


class TerminalErrors:
    """Makes a frame `dead` or `expired` where an error says that it is."""

    def __init__(self, outcomes: OutcomeFactory) -> None:
        self._outcomes = outcomes

    async def process(self, group: FrameGroup, proceed: Process) -> list[Attempt]:
        attempts = await proceed(group)
        return [
            self._decided(context, attempt)
            for context, attempt in zip(group.contexts, attempts, strict=True)
        ]

    def _decided(self, context: FrameContext, attempt: Attempt) -> Attempt:
        match attempt:
            case Undecodable() | FrameGivenUp():
                return self._outcomes.dead(
                    context, attempt.reason, str(attempt), attempts=context.attempts
                )
            case TooOld():
                return self._outcomes.expired(context)
        return attempt
