"""Frames that are worked on together, as one task.

Most of what a frame costs beside its model is a part of the task that works on it: so frames that
wait at the same time share one, from the scheduler to their outcomes. What goes wrong with one of
them is noted for that one; see `framemesh.worker.processing`.
"""

import contextvars
from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.worker.frame_context import CURRENT_FRAME, FrameContext


@dataclass(slots=True, eq=False)
class FrameGroup:
    """One frame or several, none of which is suspect if it is not the only one."""

    contexts: Sequence[FrameContext]
    working_since: float | None = None
    """When the attempt under way began, moved on by the time for which it waited for other groups;
    None while it waits. By the monotonic clock of its frames."""

    @property
    def suspect(self) -> bool:
        """Whether it is one frame that is to be worked on alone."""
        return self.contexts[0].suspect

    @property
    def monotonic(self) -> float:
        """The time now, in seconds."""
        return self.contexts[0].clock.monotonic()

    def begin_attempt(self) -> None:
        """Work on it begins, or begins anew."""
        for context in self.contexts:
            context.begin_attempt()
        self.working_since = self.monotonic

    def new_context(self, base: contextvars.Context) -> contextvars.Context:
        """A copy of `base` in which this group is the current one."""
        own = base.copy()
        own.run(CURRENT_GROUP.set, self)
        if len(self.contexts) == 1:
            own.run(CURRENT_FRAME.set, self.contexts[0])
        return own


CURRENT_GROUP: contextvars.ContextVar[FrameGroup | None] = contextvars.ContextVar(
    "framemesh_current_group", default=None
)
"""That the running task works on."""


class WaitingForOthers:
    """Wait for what other groups hold: it is not held against the current one, whose attempt is
    bounded in time.

    A class, because a generator's context costs four times as much.
    """

    __slots__ = ("_group", "_worked")

    def __enter__(self) -> None:
        group = CURRENT_GROUP.get()
        if group is None or group.working_since is None:
            self._group = None
            return
        self._group = group
        self._worked = group.monotonic - group.working_since
        group.working_since = None

    def __exit__(self, *_: object) -> None:
        if self._group is not None:
            self._group.working_since = self._group.monotonic - self._worked
