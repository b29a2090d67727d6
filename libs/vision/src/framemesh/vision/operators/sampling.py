"""Passes on one frame of several."""

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.operators import SampleSpec


def sampled(frame: FrameId, spec: SampleSpec) -> bool:
    """Whether the frame goes on: the first one of its session, and each `every`th after it.

    It depends on the frame alone, so it is the same on any worker, and frames that are lost do not
    shift it.
    """
    return (frame.sequence - 1) % spec.every == 0
