"""A connection over which a process writes only while it leads."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from nats.aio.msg import Msg

from framemesh.runtime.jetstream.api.subjects import is_question
from framemesh.runtime.jetstream.connection.broker import (
    ANSWER_TIMEOUT_SECONDS,
    Broker,
    BrokerUnavailable,
)


class LeadsNoMore(BrokerUnavailable):
    """Another process may lead by now: what was begun is finished, or undone, by that one."""


class Certainty(Protocol):
    """What Lease has for this."""

    @property
    def certain(self) -> bool:
        """Whether no other process can lead at this moment."""
        ...


class FencedBroker(Broker):
    """The connection of a process, for what only a leader may do.

    A process that is suspended, or cut off, for longer than its lease lasts goes on in the middle
    of what it did, and would undo what the next leader has done. So each write asks first. Between
    that and the socket is no wait.
    """

    def __init__(self, shared: Broker) -> None:
        super().__init__(shared.url)
        self.client, self.connected = shared.client, shared.connected
        self.listeners = shared.listeners
        self.disconnect_listeners = shared.disconnect_listeners
        self.permission_listeners = shared.permission_listeners
        self._shared = shared
        self.lease: Certainty | None = None
        """Of this process; None: it never led."""

    async def call(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> Msg:
        """
        Raises:
            LeadsNoMore: it is no question, and this process does not lead for certain.
            NoResponders, BrokerUnavailable: as that of the shared connection.
        """
        if not is_question(subject):
            await self._connected()
            if self.lease is None or not self.lease.certain:
                raise LeadsNoMore(
                    f"this one does not lead any more, {subject} is not sent: try again"
                )
        return await self._shared.call(subject, payload, headers)

    async def _connected(self) -> None:
        """Wait for a connection: what is written without one is sent by the next, however late."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                await self.connected.wait()
        except TimeoutError as error:
            raise BrokerUnavailable(f"no connection to {self.url}") from error
