"""The chain of steps that turns a frame into its outcome.

A step is one concern that wraps the next: what a frame may cost, with whom it is worked on, how
often. The last one runs the models. Steps are named in their order in app.py.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from framemesh.core.outcome import Outcome
from framemesh.worker.frame_context import FrameContext

Process = Callable[[FrameContext], Awaitable[Outcome]]


class Step(Protocol):
    """One step, for any number of frames at once."""

    async def process(self, context: FrameContext, proceed: Process) -> Outcome:
        """The outcome of a frame: that of the steps below, or another one in its place.

        `proceed` runs the steps below, and may be called again.

        Raises:
            AttemptFailed: this attempt gave no outcome; a step above may make another.
            FrameGivenUp, Undecodable, TooOld: the fate of the frame is known; the first step
                makes an outcome of it.
            TritonNotReady: the frame was not worked on at all.

        Cancelled at any await, it leaves nothing behind.
        """
        ...


class FrameProcessor:
    """Runs frames through a chain of steps."""

    def __init__(self, steps: Sequence[Step], last: Process) -> None:
        self._process = last
        for step in reversed(steps):
            self._process = partial(step.process, proceed=self._process)

    async def outcome(self, context: FrameContext) -> Outcome:
        """The final fate of a frame, however long that takes."""
        return await self._process(context)
