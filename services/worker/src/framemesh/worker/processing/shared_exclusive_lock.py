"""A lock that many may hold together, or one alone."""

from contextlib import AbstractAsyncContextManager

from framemesh.runtime.concurrency.admission import AdmissionQueue


class SharedExclusiveLock:
    """Admits any number of shared holders, or one exclusive holder, in the order in which they ask.

    A waiter that is cancelled holds nothing, and nobody waits behind it.
    """

    def __init__(self) -> None:
        self._holders = 0
        self._exclusive = False
        self._queue = AdmissionQueue(self._take, self._put_back)

    def shared(self) -> AbstractAsyncContextManager[bool]:
        """Hold it together with other shared holders."""
        return self._queue.held(False)

    def exclusive(self) -> AbstractAsyncContextManager[bool]:
        """Hold it alone."""
        return self._queue.held(True)

    def _take(self, exclusive: bool) -> bool | None:
        if self._exclusive or (exclusive and self._holders):
            return None
        self._holders += 1
        self._exclusive = exclusive
        return exclusive

    def _put_back(self, exclusive: bool) -> None:
        self._holders -= 1
        self._exclusive = False
