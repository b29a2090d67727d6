"""The last step: runs the graph of models on frames."""

from framemesh.runtime.logs import get_logger
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.graph_executor import GraphExecutor
from framemesh.worker.errors import (
    AttemptFailed,
    BetterAlone,
    InferenceFailed,
    TooOld,
    TritonNotReady,
    TritonUnavailable,
    Undecodable,
)
from framemesh.worker.frame_context import FrameContext, telling_of
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt

log = get_logger()


class Inference:
    """Makes one attempt at the frames of a group."""

    def __init__(self, graph: GraphExecutor, outcomes: OutcomeFactory) -> None:
        self._graph = graph
        self._outcomes = outcomes

    async def process(self, group: FrameGroup) -> list[Attempt]:
        """See Attempt: of errors there are AttemptFailed, and those that say that the fate of a
        frame is known or that it was not worked on."""
        inputs = [FrameInput.of(context) for context in group.contexts]
        try:
            found = await self._graph.run(inputs)
        except Exception as error:  # noqa: BLE001  it must not stop the frames behind these
            found = [error] * len(inputs)
        return [
            self._attempt(context, result)
            for context, result in zip(group.contexts, found, strict=True)
        ]

    def _attempt(self, context: FrameContext, result: InferenceResult | Exception) -> Attempt:
        match result:
            case InferenceResult():
                return self._outcomes.done(context, result, attempts=context.attempts)
            case Undecodable() | TooOld() | TritonNotReady() | BetterAlone():
                return result
            case InferenceFailed():
                return AttemptFailed("inference_failed", str(result))
            case TritonUnavailable():
                return AttemptFailed("model_crashed", str(result))
        # A fault of ours.
        with telling_of(context):
            log.error("frame failed", frame=str(context.frame.id), exc_info=result)
        return AttemptFailed("fault", repr(result))
