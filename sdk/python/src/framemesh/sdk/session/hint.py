"""What ingest asks of a camera."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """What the pipeline can take just now. Nothing is refused by it; who heeds it has newer frames
    in the results."""

    frames_per_second: float | None = None
    """The camera should send no more; None: as many as it likes."""
    quality: float = 1.0
    """What the camera should multiply its quality of JPEGs by, 0 to 1."""


NO_HINT = Hint()


class Hints:
    """The last hint, which holds until the next or the end of the stream."""

    def __init__(self, on_hint: Callable[[Hint], None] | None) -> None:
        self.last = NO_HINT
        self._told = NO_HINT
        self._on_hint = on_hint

    def take(self, hint: Hint) -> None:
        self.last = hint

    def report(self) -> None:
        """Tell the user of one that is new. Runs code of the user."""
        hint = self.last
        if hint == self._told:
            return
        self._told = hint
        if self._on_hint is not None:
            self._on_hint(hint)
