"""The last step: runs the graph of models on a frame."""

from framemesh.core.outcome import Outcome
from framemesh.runtime.logs import get_logger
from framemesh.worker.engine.graph_executor import GraphExecutor
from framemesh.worker.errors import (
    AttemptFailed,
    InferenceFailed,
    TooOld,
    TritonNotReady,
    TritonUnavailable,
    Undecodable,
)
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.processing.outcomes import OutcomeFactory

log = get_logger()


class Inference:
    """Makes one attempt at a frame."""

    def __init__(self, graph: GraphExecutor, outcomes: OutcomeFactory) -> None:
        self._graph = graph
        self._outcomes = outcomes

    async def process(self, context: FrameContext) -> Outcome:
        """
        Raises:
            Undecodable, TooOld: the fate of the frame is known.
            TritonNotReady: it was not worked on.
            AttemptFailed: for any other reason.
        """
        frame = context.frame
        try:
            result = await self._graph.run(frame.image, frame.crc32, context.deadline)
        except (Undecodable, TooOld, TritonNotReady):
            raise
        except InferenceFailed as error:
            raise AttemptFailed("inference_failed", str(error)) from error
        except TritonUnavailable as error:
            raise AttemptFailed("model_crashed", str(error)) from error
        except Exception as error:  # a fault of ours must not stop the frames behind this one
            log.error("frame failed", frame=str(frame.id), exc_info=error)
            raise AttemptFailed("fault", repr(error)) from error
        return self._outcomes.done(context, result, attempts=context.attempts)
