"""The outcome of a frame that a picture is made of.

Nothing but the outcomes of such frames comes here, however many the pipeline has.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from nats.aio.msg import Msg

from framemesh.core.frame import FrameId
from framemesh.monitor.dashboard.pictures.one_message import next_message
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.jetstream.api.errors import ApiError
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.messages.subjects import ledger_stream, outcome_subject

UNTOLD = Backoff(first_seconds=0.25, max_seconds=10.0)
"""Between two looks where nothing was published: it may have been before we listened, or while the
connection was broken."""

STORING = Backoff(first_seconds=0.02, max_seconds=1.0)
"""Before a look again at what was published, and is not stored: not yet, or by another copy."""


class ExpectedOutcome:
    """That of one frame, once it is stored: what is published may be refused, as a second one."""

    def __init__(
        self, broker: Broker, pipeline: str, frame: FrameId, published: asyncio.Future[Msg]
    ) -> None:
        self._messages = JetStream(broker).messages
        self._stream = ledger_stream(pipeline)
        self._subject = outcome_subject(pipeline, frame)
        self._published = published

    async def payload(self) -> bytes:
        """As it is stored, however long that takes."""
        looks_after_publish = count(1)
        for looks in count(1):
            await asyncio.wait([self._published], timeout=UNTOLD.pause(looks))
            if (found := await self._stored()) is not None:
                return found
            if self._published.done():
                await asyncio.sleep(STORING.pause(next(looks_after_publish)))
        raise AssertionError("unreachable")

    async def _stored(self) -> bytes | None:
        """None: nothing is, or the broker does not say."""
        try:
            return (await self._messages.direct_last(self._stream, self._subject)).payload
        except (ApiError, BrokerUnavailable):
            return None


@asynccontextmanager
async def expected_outcome(
    broker: Broker, pipeline: str, frame: FrameId
) -> AsyncIterator[ExpectedOutcome]:
    """Listen for the outcome of a frame.

    Raises:
        nats.errors.Error: the connection was lost.
    """
    async with next_message(broker, outcome_subject(pipeline, frame)) as published:
        yield ExpectedOutcome(broker, pipeline, frame, published)
