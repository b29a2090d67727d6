"""Who may write to which row of a model's memory."""

import asyncio
from collections import deque
from collections.abc import Sequence

QUARANTINE_SECONDS = 30.0
"""A request that got no answer in 15 s is over by now, even where Triton did not notice its end."""


class RowAllocator:
    """A fixed number of rows, lent in the order in which they are asked for."""

    def __init__(self, count: int) -> None:
        self._free = [True] * count
        self._left = count
        self._next = 0
        self._waiting: deque[tuple[int, asyncio.Future[list[int]]]] = deque()
        self._quarantined: dict[int, asyncio.TimerHandle] = {}

    @property
    def free(self) -> int:
        return self._left

    async def reserve(self, count: int) -> list[int]:
        """`count` rows, once that many are free; all or none, so that two callers that wait cannot
        hold what the other one needs."""
        if not self._waiting and count <= self._left:
            return self._take(count)
        turn: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(turn.result())
            raise

    def release(self, rows: Sequence[int]) -> None:
        for row in rows:
            self._free[row] = True
        self._left += len(rows)
        self._serve()

    def quarantine(self, rows: Sequence[int]) -> None:
        """Release them later: Triton may still read them, or write the outputs of the request that
        was given up over those of the next."""
        loop = asyncio.get_running_loop()
        for row in rows:
            self._quarantined[row] = loop.call_later(QUARANTINE_SECONDS, self._forgive, row)

    def forgive(self) -> None:
        """End all quarantine: the Triton that may have used the rows is gone."""
        for row, timer in list(self._quarantined.items()):
            timer.cancel()
            self._forgive(row)

    def _forgive(self, row: int) -> None:
        del self._quarantined[row]
        self.release([row])

    def _serve(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._left:
            count, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self._take(count))

    def _take(self, count: int) -> list[int]:
        """The next free rows. Going round makes rows that follow one another wait together, and
        only such rows fit in one request."""
        if self._left == len(self._free):
            self._next = 0
        self._left -= count
        rows: list[int] = []
        while len(rows) < count:
            if self._free[self._next]:
                self._free[self._next] = False
                rows.append(self._next)
            self._next = (self._next + 1) % len(self._free)
        return rows
