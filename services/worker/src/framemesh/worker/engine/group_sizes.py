"""How many of the frames that wait are worked on together."""

from dataclasses import dataclass

from framemesh.worker.engine.batch_bound import BatchBound

MAX_GROUP = 8
"""Frames. What is shared is a small part of a group's work by then, and those of a large group wait
for the last of it."""


@dataclass(frozen=True, slots=True)
class GroupSizes:
    """Frames that wait are shared out among the groups that may begin: where all are idle, each has
    few and none waits; where all are busy, the next one takes all that wait, up to a bound."""

    at_once: int
    """Groups that are worked on at the same time: enough to keep the models busy."""
    batch: BatchBound
    """Of the first model."""

    def next_size(self, waiting: int, at_work: int) -> int:
        """Frames of the next group; 0 where as many groups as may be are at work.

        Args:
            waiting: frames that are queued.
            at_work: groups that are worked on now.
        """
        idle = self.at_once - at_work
        if idle <= 0:
            return 0
        return min(self.batch.now, MAX_GROUP, -(-waiting // idle))
