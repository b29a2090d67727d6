"""How a new revision of a pipeline is brought in, and when it is given up."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.core.documents.duration import Duration, between
from framemesh.core.documents.share import Share
from framemesh.core.pipeline.shadow_spec import ShadowSpec

MIN_DEADLINE, MAX_DEADLINE = timedelta(seconds=5), timedelta(hours=24)
DEADLINE = timedelta(minutes=10)
"""A large model is on its way and loads for minutes."""

MIN_WATCH, MAX_WATCH = timedelta(seconds=1), timedelta(hours=24)
WATCH = timedelta(minutes=2)

MAX_CANARY = 0.5
"""With more, what is tried would be what most cameras have."""

MIN_AGE, MAX_AGE = timedelta(milliseconds=1), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RolloutSpec:
    """The bounds within which a new revision must stay, or the one before comes back."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    deadline: Annotated[Duration, between(MIN_DEADLINE, MAX_DEADLINE)] = DEADLINE
    """Until then a worker of the new revision is ready."""
    watch: Annotated[Duration, between(MIN_WATCH, MAX_WATCH)] = WATCH
    """How long its outcomes are watched once its workers have replaced all others."""
    max_dead: Share | None = None
    """Of the frames that it decides; None: as many as there are. Frames whose picture cannot be
    decoded are no fault of a revision, and do not count."""
    max_age_p99: Annotated[Duration, between(MIN_AGE, MAX_AGE)] | None = None
    """From capture to outcome; None: whatever it is."""
    canary: Annotated[Share, Field(le=MAX_CANARY)] = 0.0
    """Share of the cameras whose frames the new revision has first, for the time of `watch`."""
    shadow: ShadowSpec | None = None
    """Not a part of a revision: it begins and ends while workers go on."""

    @property
    def bounded(self) -> bool:
        """Whether its outcomes are judged."""
        return self.max_dead is not None or self.max_age_p99 is not None
