"""What may be committed of a partition: Kafka keeps one offset, below which all is done."""

from collections import deque


class SettledPrefix:
    """The offsets of one partition that were taken, and which of them are settled."""

    def __init__(self) -> None:
        self._taken: deque[int] = deque()
        """From the first that is not settled, in order."""
        self._settled: set[int] = set()

    def __len__(self) -> int:
        """From the oldest that is not settled to the newest that was taken."""
        return len(self._taken)

    def take(self, offset: int) -> None:
        """One more was taken; it is above all others."""
        self._taken.append(offset)

    def settle(self, offset: int) -> int | None:
        """Settle one. Returns the offset to commit, if there is another now."""
        self._settled.add(offset)
        found = None
        while self._taken and self._taken[0] in self._settled:
            first = self._taken.popleft()
            self._settled.remove(first)
            found = first + 1
        return found
