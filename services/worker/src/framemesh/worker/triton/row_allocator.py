"""Which rows of a model's memory are free, and who gets them next."""

import asyncio
from collections.abc import Sequence

from framemesh.runtime.concurrency.admission import AdmissionQueue

QUARANTINE_SECONDS = 30.0
"""A request that got no answer in 15 s is over by now, even where Triton did not notice its end."""


class RowAllocator:
    """A fixed number of rows, lent in the order in which they are asked for."""

    def __init__(self, count: int) -> None:
        self._is_free = [True] * count
        self._free_count = count
        self._next = 0
        """Where the search for a free row begins."""
        self._queue: AdmissionQueue[int, list[int]] = AdmissionQueue(self._take, self._put_back)
        self._quarantined: dict[int, asyncio.TimerHandle] = {}

    @property
    def free(self) -> int:
        return self._free_count

    async def reserve(self, count: int) -> list[int]:
        """`count` rows, once that many are free; all or none, so that two callers that wait cannot
        hold what the other one needs. They must be released; cancelled, it holds none."""
        return await self._queue.acquire(count)

    def release(self, rows: Sequence[int]) -> None:
        """Release rows to the first waiter; some of those that were reserved together will
        do."""
        self._queue.release(list(rows))

    def quarantine(self, rows: Sequence[int]) -> None:
        """Release rows later: Triton may still read them, or write the outputs of the request that
        was given up over those of the next."""
        loop = asyncio.get_running_loop()
        for row in rows:
            self._quarantined[row] = loop.call_later(
                QUARANTINE_SECONDS, self._end_quarantine_of, row
            )

    def end_quarantine(self) -> None:
        """Release all rows in quarantine: the Triton that may have used them is gone."""
        for row, timer in list(self._quarantined.items()):
            timer.cancel()
            self._end_quarantine_of(row)

    def _end_quarantine_of(self, row: int) -> None:
        del self._quarantined[row]
        self.release([row])

    def _take(self, count: int) -> list[int] | None:
        """The next free rows. Going round makes rows that follow one another wait together, and
        only such rows fit in one request."""
        if count > self._free_count:
            return None
        if self._free_count == len(self._is_free):
            self._next = 0
        self._free_count -= count
        rows: list[int] = []
        while len(rows) < count:
            if self._is_free[self._next]:
                self._is_free[self._next] = False
                rows.append(self._next)
            self._next = (self._next + 1) % len(self._is_free)
        return rows

    def _put_back(self, rows: list[int]) -> None:
        for row in rows:
            self._is_free[row] = True
        self._free_count += len(rows)
