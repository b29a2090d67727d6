"""The hints of one pipeline: a look at its buffer now and then, and a share for each camera."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from framemesh.ingest.hints.allowance import Allowance, Load, fair_cap
from framemesh.ingest.hints.hint import NO_HINT, Hint

AT_ITS_CAP = 0.9
"""A camera that sends as much of what it was asked for would send more if it might."""


@dataclass(frozen=True, slots=True)
class BufferLook:
    """All streams of a buffer at one moment."""

    at: float
    """Seconds of a monotonic clock."""
    arrived: int
    """Frames that it ever took."""
    backlog: int
    full: float
    """Share of the fullest stream's bytes."""


@dataclass(slots=True, eq=False)
class SessionHints:
    """What one session counts, and what its camera is asked for."""

    frames: int = 0
    """That came, and that the camera would have sent if it were not for a hint."""
    wanted: Hint = NO_HINT
    told: Hint = NO_HINT
    _counted: int = 0
    _rate: float = 0.0

    def next(self, limit: float | None = None) -> Hint | None:
        """The hint, where it is to be told now.

        Args:
            limit: the frames a second that the camera is held to; None: it is not.
        """
        wanted = self.wanted.within(limit)
        if not wanted.differs(self.told):
            return None
        self.told = wanted
        return wanted

    def rate(self, seconds: float) -> float:
        """Frames a second that it would send, over the last `seconds`."""
        self._rate = (self.frames - self._counted) / seconds
        self._counted = self.frames
        cap = self.told.frames_per_second
        return math.inf if cap is not None and self._rate >= AT_ITS_CAP * cap else self._rate

    @property
    def sent(self) -> float:
        """Frames a second, then."""
        return self._rate


@dataclass(slots=True)
class PipelineHints:
    """Of the sessions that one ingest has of a pipeline."""

    max_age_seconds: float | None = None
    allowance: Allowance = Allowance()  # noqa: RUF009  it is frozen
    _sessions: set[SessionHints] = field(default_factory=set)
    _last: BufferLook | None = None

    @contextmanager
    def session(self) -> Iterator[SessionHints]:
        """A session is open while the context lasts."""
        opened = SessionHints()
        self._sessions.add(opened)
        try:
            yield opened
        finally:
            self._sessions.remove(opened)

    @property
    def is_used(self) -> bool:
        return bool(self._sessions)

    def look(self, now: BufferLook) -> None:
        """Take a look at the buffer into account."""
        before, self._last = self._last, now
        if before is None or now.at <= before.at or now.arrived < before.arrived:
            return
        seconds = now.at - before.at
        arriving = (now.arrived - before.arrived) / seconds
        departing = max(0.0, arriving - (now.backlog - before.backlog) / seconds)
        load = Load(arriving, departing, now.backlog, now.full, self.max_age_seconds)
        self.allowance = self.allowance.after(load)
        self._share_out(arriving, seconds)

    def _share_out(self, arriving: float, seconds: float) -> None:
        rates = [session.rate(seconds) for session in self._sessions]
        cap, allowed = math.inf, self.allowance.frames_per_second
        if allowed is not None:
            # Other ingests have the rest of what arrives, and share out the rest of what may.
            ours = sum(session.sent for session in self._sessions)
            cap = fair_cap(rates, allowed * min(1.0, ours / arriving) if arriving else allowed)
        wanted = Hint(None if cap == math.inf else cap, self.allowance.quality)
        for session in self._sessions:
            session.wanted = wanted
