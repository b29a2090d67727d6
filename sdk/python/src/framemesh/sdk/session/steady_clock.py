"""A camera's time of day as ingest hears it: it is never set, it only runs on.

A board without a battery begins in 1970 and is set right while it sends; a clock that ran ahead is
set back. Frames that were captured before and after are in flight together, and no single offset
would be right for both.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from framemesh.sdk.session.steps import ClockReading

NANO = 1_000_000_000

STEP_NANO = 50_000_000
"""A smaller difference between two looks is no step."""

STEP_PER_SECOND = 1_000_000
"""What is allowed more for each second between them: a clock that is slewed gains 500 ppm."""

INTERRUPTED_NANO = 10_000_000
"""Where the program was held up for longer between reading both clocks, they tell nothing."""

NOISE_NANO = 100_000
"""A difference of less than this, and the time between reading both clocks, is none: moments keep
their distances to the nanosecond."""

FUTURE_NANO = NANO
"""A capture time so far ahead is by the clock as it is now, and a little wrong."""

MAX_ERAS = 8
"""Kept: frames are sent seconds after they were captured, not steps later."""

_LARGEST = (1 << 63) - 1
"""What a message holds."""

_ALWAYS = -_LARGEST


def since_boot() -> float:
    """Seconds, also of the time that the machine slept, where that can be told."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(slots=True)
class _Era:
    """A time in which the time of day was not set. Times are of the clock that only runs."""

    began: int
    """At the earliest; the one before it ended when this one was found, at the latest."""
    found: int
    looked: int
    """When it was last seen to go on."""
    offset: int
    """The time of day minus that clock, about then."""
    stepped: int
    """Sum of all steps up to its beginning."""


class SteadyClock:
    """Nanoseconds since the Unix epoch, by the time of day when it was made.

    It may be asked from several threads: its state changes by single assignments, and what two
    threads find at once is the same.
    """

    def __init__(
        self, time_of_day: Callable[[], int], elapsed: Callable[[], float] = since_boot
    ) -> None:
        """
        Args:
            time_of_day: nanoseconds since the Unix epoch, by a clock that may be set.
            elapsed: seconds, by one that is not.
        """
        self._time_of_day = time_of_day
        self._elapsed = elapsed
        now = self._running()
        self._base = time_of_day() - now
        self._eras: tuple[_Era, ...] = (_Era(_ALWAYS, now, now, self._base, 0),)
        self._told = 0

    def now(self) -> int:
        return self._base + self._look()

    def steady(self, unix_nano: int) -> int:
        """A moment that the time of day called `unix_nano`, before it was set or after."""
        found = self._base + self._moment(unix_nano, self._look())
        return max(-_LARGEST, min(found, _LARGEST))

    def reading(self, query: int = 0) -> ClockReading:
        """What to answer ingest at this moment; tells the steps since the last one."""
        now = self.now()
        stepped = self._eras[-1].stepped - self._told
        self._told += stepped
        return ClockReading(now, query, stepped)

    def _moment(self, unix_nano: int, now: int) -> int:
        ended = now + FUTURE_NANO
        for era in reversed(self._eras):
            moment = unix_nano - era.offset
            if era.began <= moment <= ended:
                return moment
            ended = era.found
        return unix_nano - self._eras[-1].offset

    def _look(self) -> int:
        """The running clock now; notices whether the time of day was set."""
        before = self._running()
        time_of_day = self._time_of_day()
        now = self._running()
        if now - before > INTERRUPTED_NANO:
            return now
        eras, offset = self._eras, time_of_day - now
        era = eras[-1]
        allowed = STEP_NANO + (now - era.looked) * STEP_PER_SECOND // NANO
        if abs(offset - era.offset) > allowed:
            stepped = era.stepped + offset - era.offset
            self._eras = (*eras[1 - MAX_ERAS :], _Era(era.looked, now, now, offset, stepped))
        else:
            if abs(offset - era.offset) > NOISE_NANO + now - before:
                era.offset = offset
            era.looked = now
        return now

    def _running(self) -> int:
        return round(self._elapsed() * NANO)
