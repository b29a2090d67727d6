"""Tells equal events that come again and again as one, so that they push out no others."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from framemesh.master.history.events import Event, EventKind

FIRST_WINDOW_SECONDS = 60.0
MAX_WINDOW_SECONDS = 3600.0
"""Equal events are told once a window, which doubles for as long as they go on: some 30 entries a
day of a worker that ends every second."""

MAX_KEPT = 4096
"""Different events whose repeats are counted, each some hundred bytes. Of more, the oldest are told
again when they come again."""


@dataclass(slots=True)
class _Window:
    end: float
    seconds: float
    repeats: Event | None = None
    """The last of them, with their number."""


class Repeats:
    """Counts events that are equal but for their time."""

    def __init__(self) -> None:
        self._windows: OrderedDict[tuple[str, EventKind, str], _Window] = OrderedDict()

    def first(self, event: Event, now: float) -> bool:
        """Whether an event is to be told now; one that is not is counted.

        Args:
            now: in seconds since some moment, as for `due`.
        """
        key = (event.pipeline, event.kind, event.message)
        window = self._windows.get(key)
        if window is None:
            self._windows[key] = _Window(now + FIRST_WINDOW_SECONDS, FIRST_WINDOW_SECONDS)
            if len(self._windows) > MAX_KEPT:
                self._windows.popitem(last=False)
            return True
        counted = window.repeats.times if window.repeats else 0
        window.repeats = replace(event, times=counted + 1)
        return False

    def due(self, now: float) -> Iterator[Event]:
        """What was counted in windows that have ended, one event for each."""
        for key, window in [*self._windows.items()]:
            if window.end > now:
                continue
            if window.repeats is None:
                del self._windows[key]
                continue
            yield window.repeats
            seconds = min(2 * window.seconds, MAX_WINDOW_SECONDS)
            self._windows[key] = _Window(now + seconds, seconds)

    def forget(self, pipeline: str) -> None:
        """Tell the events of a pipeline anew when they come again."""
        for key in [key for key in self._windows if key[0] == pipeline]:
            del self._windows[key]
