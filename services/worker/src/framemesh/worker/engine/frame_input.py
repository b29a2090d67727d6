"""A frame as the graph of a pipeline gets it."""

import math
from dataclasses import dataclass

from framemesh.worker.frame_context import FrameContext


@dataclass(slots=True, eq=False)
class FrameInput:
    """One frame of those that the graph runs on together."""

    image: bytes
    """Encoded."""
    crc32: int | None = None
    """Of these bytes as its camera made them; None: not known."""
    deadline: float = math.inf
    """By the event loop's time; a frame that is not sent to a model by then never is."""
    camera: str = ""
    captured_unix_nano: int = 0
    """For the conditions of stages."""
    context: FrameContext | None = None
    """That is told when it reaches each point; None: nobody wants to know."""

    @classmethod
    def of(cls, context: FrameContext) -> "FrameInput":
        frame = context.frame
        return cls(
            frame.image,
            frame.crc32,
            context.deadline,
            frame.id.camera,
            frame.captured_unix_nano,
            context,
        )
