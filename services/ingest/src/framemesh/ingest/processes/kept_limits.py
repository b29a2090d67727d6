"""The limits of an ingest of several processes, which its supervisor keeps for all of them."""

from contextlib import ExitStack
from typing import Any

from framemesh.ingest.limits.ingest_limits import IngestLimits
from framemesh.ingest.limits.rate_limits import CameraRate


class KeptLimits:
    """What one process has open; it is given back when the process ends, however it does."""

    def __init__(self, limits: IngestLimits) -> None:
        """`limits`: those of all."""
        self._limits = limits
        self._open: dict[int, ExitStack] = {}
        """By the number that the process gave to a stream or session: no more than there may be."""
        self._rates: dict[int, CameraRate] = {}
        """Of sessions."""

    def stream(self, number: int, client: str) -> None:
        """
        Raises:
            TooManyStreams, TooManyOfClient: as StreamLimits.stream.
        """
        with ExitStack() as opening:
            opening.enter_context(self._limits.streams.stream(client))
            self._open[number] = opening.pop_all()

    def session(self, number: int, pipeline: str, camera: str) -> tuple[float, float] | None:
        """Returns the bounds of the camera, in frames and bytes a second; None: there are none.

        Raises:
            TooManyOfCamera: as StreamLimits.session.
        """
        with ExitStack() as opening:
            opening.enter_context(self._limits.streams.session(pipeline, camera))
            rate = opening.enter_context(self._limits.rates.of(pipeline, camera))
            self._open[number] = opening.pop_all()
        if rate is None:
            return None
        self._rates[number] = rate
        return rate.bounds.frames_per_second, rate.bounds.bytes_per_second

    def spend(self, number: int, size: int) -> float:
        """Seconds that a frame of a session has to wait."""
        return self._rates[number].spend(size)

    def release(self, number: int) -> None:
        """A stream or session has ended; one that was refused was none."""
        self._rates.pop(number, None)
        if opened := self._open.pop(number, None):
            opened.close()

    def close(self) -> None:
        """The process has ended."""
        for number in list(self._open):
            self.release(number)

    def answer(self, what: str, arguments: list[Any]) -> object:
        """What a process asks by SharedLimits."""
        match what:
            case "stream":
                self.stream(*arguments)
            case "session":
                return self.session(*arguments)
            case "spend":
                return self.spend(*arguments)
            case "release":
                self.release(*arguments)
        return None
