"""What every scheduler of calls offers: this one, and those that it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from framemesh.core.scheduling.batching import Dispatch, HoldUntil
from framemesh.core.scheduling.choice import Decision
from framemesh.core.scheduling.configuration import Configuration
from framemesh.core.scheduling.hedging import Clone, Leave, Running
from framemesh.core.scheduling.queues.call_queue import CallQueue


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a stage that is to be run."""

    id: int
    """Its own, for as long as it waits."""
    node: str
    camera: str
    deadline: float
    """Of the frame: its capture time and the objective, by the clock of `now`."""
    items: int = 1
    """Inputs that come together with it and can go together, itself included: the boxes of one
    frame. Those that were chosen for before, and wait, are known."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Inputs that wait for one configuration."""

    configuration: Configuration
    due: Sequence[float]
    """`Choice.due` of each, ascending; at least one."""
    gap: float | None = None
    """Seconds until the next input is expected; None: as the rate of frames says."""


class Scheduler(Protocol):
    """Decides who runs a call; told all that it may learn from. `now` is in seconds by any clock
    that does not go back, the same one in all calls."""

    def queue(self, bound: int) -> CallQueue:
        """A new queue in the order in which it wants calls to be taken."""
        ...

    def choose(self, call: Call, now: float) -> Decision:
        """How a call is to be run. From then on it waits for that, until `sent` or `dropped`; it
        may be asked again meanwhile, and should be when its turn comes.

        Raises:
            FramemeshError: there is no such node, or nothing can run it.
        """
        ...

    def dispatch(self, waiting: Waiting, now: float) -> Dispatch | HoldUntil:
        """Whether inputs that wait go now, and how many together. To be asked when one came, when
        the backend answered, and at the time that was told; where there was no room, the first
        ones should be chosen for anew then, as another backend may have some."""
        ...

    def hedge(self, running: Running, now: float) -> Clone | Leave | HoldUntil:
        """Whether a batch is repeated on another backend. The first answer wins; who asked cancels
        the other."""
        ...

    def arrived(self, camera: str, now: float) -> None:
        """A frame came."""
        ...

    def branched(self, camera: str, parent: str, child: str, calls: int) -> None:
        """A call of `parent` ended, and led to so many of `child`; 0: to none."""
        ...

    def sent(
        self,
        request: int,
        configuration: Configuration,
        calls: Sequence[int],
        now: float,
        *,
        clone: bool = False,
    ) -> None:
        """A batch of these calls went to the backend. `request`: a number of its own, also for a
        clone."""
        ...

    def dropped(self, call: int) -> None:
        """A call that was chosen for will not be sent."""
        ...

    def observe(
        self,
        configuration: Configuration,
        batch: int,
        seconds: float,
        ok: bool,
        *,
        now: float,
        request: int,
    ) -> None:
        """It was answered, or failed, after so many seconds, all waiting included."""
        ...

    def cancelled(self, request: int, configuration: Configuration, now: float) -> None:
        """Its answer is not waited for. Where the answer comes nevertheless, `observe` learns
        more: that the slow one of two was slow is seen in no other way."""
        ...

    def told(self, backend: str, queued: int, now: float) -> None:
        """A backend said how many batches wait there."""
        ...
