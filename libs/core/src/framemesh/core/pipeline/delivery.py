"""The delivery policy of a pipeline: which frames are processed, and in which order."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from framemesh.core.documents.duration import Duration, between
from framemesh.core.names import Name

_STRICT = ConfigDict(extra="forbid")

MAX_LATEST = 64
MIN_AGE = timedelta(milliseconds=1)
MAX_AGE = timedelta(hours=24)
"""The default of `ledger.max_age`, which must not be less."""

MAX_HIGH_PRIORITY = 256


class Order(Enum):
    """The order of the outcomes of a camera."""

    NONE = "none"
    PER_CAMERA = "per_camera"


class DamagedPictures(Enum):
    """The fate of a frame of whose picture part is lost, as its decoder finds."""

    DONE = "done"
    """It is processed, and its outcome marked as damaged."""
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class LatestSpec:
    """Of each camera only the newest frames are processed; older ones are `superseded`."""

    __pydantic_config__ = _STRICT

    frames: Annotated[int, Field(ge=1, le=MAX_LATEST)] = 1


@dataclass(frozen=True, slots=True)
class FreshSpec:
    """A frame that is older than `max_age` when it would be processed is `expired` instead."""

    __pydantic_config__ = _STRICT

    max_age: Annotated[Duration, between(MIN_AGE, MAX_AGE)]


@dataclass(frozen=True, slots=True)
class DeliverySpec:
    """Without `latest` or `fresh` every frame is processed, however long that takes."""

    __pydantic_config__ = _STRICT

    latest: LatestSpec | None = None
    fresh: FreshSpec | None = None
    order: Order = Order.NONE
    high_priority: Annotated[tuple[Name, ...], Field(max_length=MAX_HIGH_PRIORITY)] = ()
    """Cameras whose frames are processed before those of other cameras."""
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Isolated retries of a frame that failed together with others."""
    damaged: DamagedPictures = DamagedPictures.DONE

    @property
    def camera_affinity(self) -> bool:
        """Whether all frames of a camera go to one shard, which one worker leases: it knows which
        of them are the newest, and keeps their order."""
        return self.order is Order.PER_CAMERA or self.latest is not None


def _short(value: Any) -> Any:
    match value:
        case "every_frame":
            return {}
        case "latest" | "fresh":
            return {value: {}}
        case str():
            raise ValueError("use every_frame, latest, or fresh: {max_age: 500ms}")
        # A document written by a program has both keys, with null.
        case {"latest": None} if "fresh" not in value:
            return {**value, "latest": {}}
        case _:
            return value


Delivery = Annotated[DeliverySpec, BeforeValidator(_short)]
"""As a field: `latest` alone is short for {latest: {}}."""
