"""Events that come again and again: the first are written, the rest are counted."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from framemesh.core.clock import Clock

Event = Mapping[str, Any]

BURST = 30
"""Of one kind in WINDOW_SECONDS: as many as anybody reads."""

WINDOW_SECONDS = 60.0
"""After which the rest are told, as one line with their number."""

MAX_KINDS = 512
"""That are counted at once; of more, the one that began first is told early."""

_KIND = ("level", "event", "pipeline", "name", "worker")
"""The facts that make two events of one kind. All others, as the frame or the reason, may differ:
a flood of frames that die is one flood."""


@dataclass(slots=True)
class _Window:
    """Since the first event of a kind."""

    ends: float
    written: int = 0
    counted: int = 0
    last: dict[str, Any] = field(default_factory=dict)
    """Of those that were only counted."""


class RepeatLimit:
    """Says which events are written, and tells how many were not. May be used by any thread."""

    def __init__(
        self,
        clock: Clock,
        tell: Callable[[dict[str, Any]], None],
        call_later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        """
        Args:
            tell: writes what became of a window: the last event of its kind, with their number.
            call_later: calls after so many seconds, by any thread.
        """
        self._clock = clock
        self._tell = tell
        self._call_later = call_later
        self._windows: OrderedDict[tuple[str, ...], _Window] = OrderedDict()
        """By kind, in the order of their ends."""
        self._waiting = False
        """Whether `_pass` will be called."""
        self._lock = threading.Lock()

    def admits(self, event: Event) -> bool:
        """Whether this one is to be written; if not, it is counted."""
        kind = tuple(str(event.get(fact, "")) for fact in _KIND)
        with self._lock:
            over = list(self._over())
            window = self._windows.get(kind)
            if window is None:
                if len(self._windows) >= MAX_KINDS:
                    over.append(self._windows.popitem(last=False)[1])
                ends = self._clock.monotonic() + WINDOW_SECONDS
                window = self._windows[kind] = _Window(ends)
            admitted = window.written < BURST
            if admitted:
                window.written += 1
            else:
                window.counted += 1
                # Without its exception, which holds all that was in use where it was raised.
                window.last = {key: event[key] for key in event if key != "exc_info"}
                self._wait(window)
        self._tell_each(over)
        return admitted

    def flush(self) -> None:
        """Tell of all windows now, before the process ends."""
        with self._lock:
            over = list(self._windows.values())
            self._windows.clear()
        self._tell_each(over)

    def _pass(self) -> None:
        """Tell of the windows that are over, and come again for the next."""
        with self._lock:
            self._waiting = False
            over = list(self._over())
            if following := next((each for each in self._windows.values() if each.counted), None):
                self._wait(following)
        self._tell_each(over)

    def _wait(self, window: _Window) -> None:
        if not self._waiting:
            self._waiting = True
            self._call_later(max(0.0, window.ends - self._clock.monotonic()), self._pass)

    def _over(self) -> Iterator[_Window]:
        now = self._clock.monotonic()
        while self._windows and next(iter(self._windows.values())).ends <= now:
            yield self._windows.popitem(last=False)[1]

    def _tell_each(self, windows: list[_Window]) -> None:
        now = self._clock.monotonic()
        for window in windows:
            if window.counted:
                seconds = max(1.0, min(WINDOW_SECONDS, WINDOW_SECONDS - (window.ends - now)))
                times = f"… {window.counted} times more in {seconds:.0f} s"
                event = f"{times}: {window.last.get('event', '')}"
                self._tell({**window.last, "event": event, "repeated": window.counted})
