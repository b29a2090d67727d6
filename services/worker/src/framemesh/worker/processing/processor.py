"""The chain of steps that turns frames into their outcomes.

A step is one concern that wraps the next: what frames may cost, with whom they are worked on, how
often. The last one runs the models. Steps are named in their order in app.py.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, TypeAlias

from framemesh.core.errors import FramemeshError
from framemesh.core.outcome import Outcome
from framemesh.worker.frame_group import FrameGroup

Attempt: TypeAlias = Outcome | FramemeshError
"""What an attempt at one frame gave. An error is one of:

- AttemptFailed: no outcome; a step above may make another attempt;
- FrameGivenUp, Undecodable, TooOld: the fate of the frame is known, and the first step makes an
  outcome of it;
- TritonNotReady, BetterAlone: the frame was not worked on at all."""

Process = Callable[[FrameGroup], Awaitable[list[Attempt]]]


class Step(Protocol):
    """One step, for any number of groups at once."""

    async def process(self, group: FrameGroup, proceed: Process) -> list[Attempt]:
        """What became of each frame of a group, in their order: that of the steps below, or another
        one in its place.

        `proceed` runs the steps below, and may be called again. Errors are values, not raised: one
        frame's is not that of the others.

        Cancelled at any await, it leaves nothing behind.
        """
        ...


class FrameProcessor:
    """Runs groups of frames through a chain of steps."""

    def __init__(self, steps: Sequence[Step], last: Process) -> None:
        self._process = last
        for step in reversed(steps):
            self._process = partial(step.process, proceed=self._process)

    async def process(self, group: FrameGroup) -> list[Attempt]:
        """The final fate of each frame of a group, in their order. Of several frames it is an error
        for those that have none yet: each of them is to be processed alone.

        A frame alone has an outcome, however long that takes.
        """
        return await self._process(group)
