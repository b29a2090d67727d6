"""A consumer that frames come from, and what is here of it."""

import asyncio


class FrameSource:
    """One consumer, for as long as this worker draws from it."""

    def __init__(self, stream: str, consumer: str, suspects_to: int = 0) -> None:
        """`suspects_to`: the last sequence in the stream that was delivered to somebody before."""
        self.stream = stream
        self.consumer = consumer
        self.lost = False
        """Somebody else has its frames now: what is here of them must not be sealed."""
        self._suspects_to = suspects_to
        self._held = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def suspect(self, sequence: int, attempt: int) -> bool:
        """Whether a worker had this frame before and did not seal it."""
        return attempt > 1 or sequence <= self._suspects_to

    def taken(self) -> None:
        """One more of its frames is here."""
        self._held += 1
        self._empty.clear()

    def released(self) -> None:
        self._held -= 1
        if not self._held:
            self._empty.set()

    async def emptied(self) -> None:
        """Wait until none of its frames is here."""
        await self._empty.wait()
