"""What a stage gets of one frame, and what it gives back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from framemesh.core.detection import Detection
from framemesh.worker.engine.region import Region
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.vision.image import FrameImage


@dataclass(frozen=True, slots=True)
class StageInput:
    """Parts of one frame that a model is to see."""

    image: FrameImage
    regions: Sequence[Region | None]
    """One at least; None is the whole image."""
    deadline: float = math.inf
    """By the event loop's time; what is not sent to the model by then never is."""
    context: FrameContext | None = None
    """That is told when the frame reaches each point; None: nobody wants to know."""


StageResult: TypeAlias = list[list[Detection]] | Exception
"""What the model found in each region, in their order, or why there is nothing of the whole frame.
Boxes are in fractions of the whole image; detections have no parent."""
