"""When sessions answer their cameras: all of them at the same moments."""

import asyncio

ROUND_SECONDS = 0.05
"""Frames that are settled within this time share an acknowledgement, which costs ingest, its
camera, the broker and the monitor about as much as a frame. A frame is as safe before it as after.
"""


class AcknowledgementRounds:
    """One timer for all sessions that have something to acknowledge: what they then record is
    written together."""

    def __init__(self) -> None:
        self._joined: list[asyncio.Future[None]] = []

    def join(self) -> asyncio.Future[None]:
        """Done at the end of the present round, which begins with the first that joins it. Who
        cannot wait so long sets its result."""
        loop = asyncio.get_running_loop()
        if not self._joined:
            loop.call_later(ROUND_SECONDS, self._end)
        turn: asyncio.Future[None] = loop.create_future()
        self._joined.append(turn)
        return turn

    def _end(self) -> None:
        joined, self._joined = self._joined, []
        for turn in joined:
            if not turn.done():
                turn.set_result(None)
