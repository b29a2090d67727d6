"""Tells the gatekeeper of a process which tokens are revoked, as that happens."""

import asyncio
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.jetstream.api.headers import KEY_VALUE_OPERATION
from framemesh.runtime.jetstream.api.key_value import bucket_stream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.tokens.revocation_store import revoked_from_payload
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import REVOKED_BUCKET

log = get_logger()

STREAM = bucket_stream(REVOKED_BUCKET)

RETRY_SECONDS = 0.2
"""Before a bucket that is not there is looked for again: the master makes it when it starts."""

SNAPSHOT_SECONDS = 5.0
"""For the first reading of the bucket. Its last entry may expire meanwhile, so that its end never
comes, and it is read anew."""


async def follow_revocations(broker: Broker, options: ConnectOptions, clock: Clock) -> None:
    """Run beside the servers of a process, until cancelled; without tokens it only waits.

    What was revoked once stays so, whatever becomes of the bucket. Until it was read to its end
    the gatekeeper lets nobody in.
    """
    if options.gatekeeper is None:
        await asyncio.Event().wait()
    else:
        await RevocationFeed(broker, options.gatekeeper, clock).run()


class RevocationFeed:
    """Reads the bucket, first all of it, then what comes."""

    def __init__(self, broker: Broker, keeper: Gatekeeper, clock: Clock) -> None:
        self._broker = broker
        self._keeper = keeper
        self._clock = clock

    async def run(self) -> NoReturn:
        told = ""
        while True:
            try:
                await self._follow()
            except* (StreamGone, BrokerUnavailable) as group:
                why = str(group.exceptions[0])
                if not told:
                    log.info("revoked tokens cannot be read, will try again", why=why)
                told = why
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        def caught_up() -> None:
            self._keeper.learned()
            timeout.reschedule(None)

        reader = OrderedReader(self._broker, STREAM, self._clock)
        try:
            async with asyncio.timeout(SNAPSHOT_SECONDS) as timeout:
                await reader.read(self._take, caught_up=caught_up)
        except TimeoutError:
            return

    async def _take(self, entry: ReceivedMessage) -> None:
        if KEY_VALUE_OPERATION not in entry.headers:
            token = revoked_from_payload(entry.subject.rpartition(".")[2], entry.payload)
            self._keeper.revoked.add(token.id, token.expires)
