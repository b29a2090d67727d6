"""What each of the sources that a worker draws from may hold of all that it may hold."""

from collections.abc import Iterator
from contextlib import contextmanager

from framemesh.runtime.dataplane.data_plane import Pull, PullLimits


class PullShares:
    """Equal parts for as many sources as there are now.

    Shards come and go with leases: with one of nine a worker holds as many frames as with all nine,
    or its models would wait for the next one.
    """

    def __init__(self, messages: int, total_bytes: int, least_bytes: int) -> None:
        """
        Args:
            messages: of all sources; each has one at least.
            total_bytes: likewise, but each has `least_bytes`.
        """
        self._held = messages
        self._bytes = total_bytes
        self._least_bytes = least_bytes
        self._sources = 0
        self._pulls: list[Pull] = []

    @property
    def sources(self) -> int:
        """How many share now."""
        return self._sources

    @property
    def limits(self) -> PullLimits:
        """The part of one source."""
        sources = max(1, self._sources)
        return PullLimits(
            max(1, self._held // sources), max(self._least_bytes, self._bytes // sources)
        )

    @property
    def messages(self) -> int:
        """What all sources may hold together: of many with one message each more than was given."""
        return max(1, self._sources) * self.limits.messages

    @contextmanager
    def source(self) -> Iterator[None]:
        """One more shares in the body; from before it is pulled from, as several begin at once."""
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    @contextmanager
    def pulling(self, pull: Pull) -> Iterator[None]:
        """Keep the limits of a pull those of its source."""
        pull.limit(self.limits)
        self._pulls.append(pull)
        try:
            yield
        finally:
            self._pulls.remove(pull)

    def _change(self, sources: int) -> None:
        self._sources += sources
        for pull in self._pulls:
            pull.limit(self.limits)
