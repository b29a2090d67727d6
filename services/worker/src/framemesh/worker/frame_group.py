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
    worked: float = 0.0
    """Seconds of the attempt under way before it began to wait."""
    waits: int = 0
    """Of its branches, those that wait for what other groups hold."""

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

    def begin_wait(self) -> None:
        """A branch of the attempt under way begins to wait for other groups."""
        if self.working_since is not None:
            self.worked, self.working_since = self.monotonic - self.working_since, None
        self.waits += 1

    def end_wait(self) -> None:
        """It has what it waited for; the attempt goes on with the last of them."""
        self.waits -= 1
        if not self.waits:
            self.working_since = self.monotonic - self.worked

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

    __slots__ = ("_group",)

    def __enter__(self) -> None:
        group = CURRENT_GROUP.get()
        if group is not None and group.working_since is None and not group.waits:
            # No attempt is under way.
            group = None
        if group is not None:
            group.begin_wait()
        self._group = group

    def __exit__(self, *_: object) -> None:
        if self._group is not None:
            self._group.end_wait()
