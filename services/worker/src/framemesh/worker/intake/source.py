"""A consumer that frames are pulled from, and how many of its frames are held."""

import asyncio


class FrameSource:
    """One consumer, for as long as this worker pulls from it."""

    def __init__(self, stream: str, consumer: str, suspects_to: int = 0) -> None:
        """`suspects_to`: the last sequence number in the stream that was delivered to an earlier
        holder of the lease."""
        self.stream = stream
        self.consumer = consumer
        self.lost = False
        """Somebody else has its frames now: those that are held must not be completed."""
        self._suspects_to = suspects_to
        self._held = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def suspect(self, sequence: int, attempt: int) -> bool:
        """Whether a worker had this frame before, and gave no outcome."""
        return attempt > 1 or sequence <= self._suspects_to

    def taken(self) -> None:
        """One more of its frames is held."""
        self._held += 1
        self._empty.clear()

    def released(self) -> None:
        """One less is held."""
        self._held -= 1
        if not self._held:
            self._empty.set()

    async def emptied(self) -> None:
        """Wait until none of its frames is held."""
        await self._empty.wait()
