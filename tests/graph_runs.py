"""A graph of models, run on one frame."""

import math

from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.engine.frame_input import FrameInput
from framemesh.worker.engine.graph_executor import GraphExecutor


async def run_one(
    graph: GraphExecutor, image: bytes, crc32: int | None = None, deadline: float = math.inf
) -> InferenceResult:
    """
    Raises:
        Exception: what became of the frame; see `GraphExecutor.run`.
    """
    (result,) = await graph.run([FrameInput(image, crc32, deadline)])
    if isinstance(result, Exception):
        raise result
    return result
