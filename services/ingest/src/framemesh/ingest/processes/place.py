"""One of several processes of an ingest, as the rest of ingest sees it."""

from collections.abc import Callable
from dataclasses import dataclass

from framemesh.ingest.limits.ingest_limits import Limits


@dataclass(frozen=True, slots=True)
class Place:
    number: int
    """From 1 on."""
    limits: Limits
    """Of all processes together."""
    serves: Callable[[], None]
    """Is called once cameras may connect."""
