"""When the broker must hear that a frame is still worked on."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

CHECK_SECONDS = 0.6
"""Between two looks at what is held."""

QUIET_CHECKS = 2
"""A frame is told of at the look after these, when it was held for 1.2 to 1.8 s, and then every
1.2 s: the broker waits for 4 s. Most frames are done long before, and cost nothing."""


class SignsOfLife(Generic[K]):
    """Remembers what was held at the last looks."""

    def __init__(self) -> None:
        self._quiet: dict[K, int] = {}
        """Looks since a frame was taken, or told of."""

    def due(self, held: Iterable[K]) -> list[K]:
        """Those to tell of at this look; they are taken for told."""
        quiet = {key: self._quiet.get(key, 0) + 1 for key in held}
        due = [key for key, looks in quiet.items() if looks > QUIET_CHECKS]
        self._quiet = quiet | dict.fromkeys(due, 1)
        return due
