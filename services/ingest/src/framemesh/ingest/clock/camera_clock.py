"""The clock of one session's camera, read again and again."""

from collections.abc import Callable

from framemesh.core.clock import NANO, Clock
from framemesh.ingest.clock.clock_offset import STEP_NANO, ClockOffset
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.runtime.logs import get_logger

log = get_logger()

LARGE_ERROR_NANO = 250_000_000
"""Frames may seem older than they are by so much; deadlines of half a second are common."""

QUERY_SECONDS = 5.0
"""Between two readings. Clocks part by less than a millisecond meanwhile; a clock that is set, and
whose camera does not tell, stamps its frames wrongly for so long."""

QUERY_ANSWERS = 10
"""A camera that sends a frame in 5 s would be asked with each of them, which costs as much as its
answer: it is asked with every tenth, or after ANSWER_SECONDS. Clocks part by 6 ms meanwhile at
most, and one that an SDK of ours tells is never set."""

ANSWER_SECONDS = 30.0
"""After which there is another one in any case. An unanswered one is forgotten then: the camera
does not know them, or is stuck."""


class CameraClock:
    """Make it when the camera is asked to read its clock by SessionOpened, which is query 0."""

    def __init__(
        self, camera: str, clock: Clock, on_step: Callable[[], None] = lambda: None
    ) -> None:
        """`on_step`: called for every time that the camera's clock was set."""
        self._camera = camera
        self._clock = clock
        self._on_step = on_step
        self._query = 0
        self._asked = clock.monotonic()
        self._is_answered = False
        self._answers = 0
        """That the camera got since it was asked."""
        self._readings = 0
        self._offset: ClockOffset | None = None
        self._found = 0.0
        """When the offset was, by the monotonic clock."""
        self._ours = 0
        """Our clock minus the monotonic one at that moment: it changes when ours is set."""

    def next_query(self) -> int | None:
        """The id of a query that is to be sent at this moment, behind an answer to the camera; None
        while it is not time."""
        now = self._clock.monotonic()
        self._answers += 1
        often = self._is_answered and self._answers >= QUERY_ANSWERS
        if now - self._asked < (QUERY_SECONDS if often else ANSWER_SECONDS):
            return None
        self._query += 1
        self._asked, self._is_answered, self._answers = now, False, 0
        return self._query

    def read(self, unix_nano: int, query: int = 0, stepped_nano: int = 0) -> None:
        """Take a reading of the camera's clock, which came at this moment.

        Args:
            query: that it answers.
            stepped_nano: by how much the camera's time of day was set, as it found itself.

        Raises:
            SessionProtocolViolation: nobody asked for it.
        """
        self._readings += 1
        if query > self._query or self._readings > self._query + 1:
            raise SessionProtocolViolation(
                "a reading of the clock too many: send one for each query"
            )
        if query < self._query or self._is_answered:
            return  # too late
        self._is_answered = True
        if stepped_nano:
            self._log_step(stepped_nano, "camera")
        now, answered = self._clock.monotonic(), self._clock.unix_nano()
        round_trip = max(0, round((now - self._asked) * NANO))
        found = ClockOffset.of_reading(answered - round_trip, unix_nano, answered)
        ours = answered - round(now * NANO)
        if self._offset is None:
            self._log_first(found)
        else:
            known = self._offset.after(now - self._found)
            if found.is_step_from(known):
                self._look_at_step(known.nano - found.nano, ours - self._ours)
            elif found.error_nano > known.error_nano:
                return  # what is known is better
        self._offset, self._found, self._ours = found, now, ours

    @property
    def now_unix_nano(self) -> int:
        """By the clock of ingest."""
        return self._clock.unix_nano()

    def captured(self, unix_nano: int) -> int:
        """The capture time of a frame by the clock of ingest, in nanoseconds since the epoch.

        Args:
            unix_nano: by the camera's clock; 0, where it does not know it, gives now.

        A time in the future becomes now, or its frame would never be too old.
        """
        now = self._clock.unix_nano()
        if not unix_nano:
            return now
        correction = self._offset.correction if self._offset else 0
        # Not before the epoch either: no clock says so, and a correction might leave 64 bits.
        return max(0, min(now, unix_nano + correction))

    def _look_at_step(self, apart: int, ours: int) -> None:
        """The clocks went apart by so much, ours was set by so much."""
        if abs(ours) > STEP_NANO:
            log.warning("clock of this ingest was set", by_ms=ours / 1e6)
        if abs(apart + ours) > STEP_NANO:
            self._log_step(apart + ours, "ingest")

    def _log_step(self, nano: int, found_by: str) -> None:
        self._on_step()
        log.warning(
            "camera clock was set", camera=self._camera, by_ms=nano / 1e6, found_by=found_by
        )

    def _log_first(self, found: ClockOffset) -> None:
        figures = {
            "camera": self._camera,
            "offset_ms": found.nano / 1e6,
            "error_ms": found.error_nano / 1e6,
            "corrected": found.correction != 0,
        }
        if found.error_nano > LARGE_ERROR_NANO:
            log.warning("camera clock is uncertain: the round trip to it is long", **figures)
        else:
            log.info("camera clock is known", **figures)
