"""What the core of a camera asks of the thread or task that drives it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.options import Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on once `is_over()`, or after `seconds` whatever it says."""

    is_over: Callable[[], bool]
    seconds: float = math.inf


NO_WAIT = Wait(lambda: True)

Steps: TypeAlias = Iterator[Wait | T]
"""Values, and between them the waits that must end before the iterator is advanced."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream to open now."""

    address: str
    opening_seconds: float
    """It is given up if ingest has not opened it within this time."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """The first request of a stream."""

    target: Target
    session: str


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The second request of a stream, and one for each query: what the camera's clock says now."""

    unix_nano: int
    query: int = 0
    """That it answers; 0: the opening of the stream."""
    stepped_nano: int = 0
    """By how much the time of day was set since the last reading."""


Frames: TypeAlias = list[OfferedFrame]
"""That are sent in one message, in order; at least one."""

Request: TypeAlias = OpenSession | ClockReading | Frames


@dataclass(frozen=True, slots=True)
class Send:
    """A request to send on the stream."""

    request: Request
