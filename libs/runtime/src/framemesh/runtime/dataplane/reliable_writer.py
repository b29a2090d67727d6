"""Writes messages to streams for as long as it takes, by a policy for what a stream answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.dataplane.data_plane import Sink
from framemesh.runtime.dataplane.errors import (
    AlreadyStored,
    StreamFull,
    StreamMissing,
    StreamUnavailable,
)
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.logs import get_logger

log = get_logger()

CheckStream = Callable[[], Awaitable[None]]
"""Asked when no stream takes a message, because a stream whose replicas elect a leader looks like
one that was deleted. Returns if the stream should exist; else raises what the writer is to raise.
"""


BACKOFF = Backoff(first_seconds=0.05, max_seconds=2.0)
"""A full stream has room again within milliseconds, or not for long."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What a writer does about a stream that does not take its message."""

    check_stream: CheckStream | None = None
    """None: a missing stream is never written to again, and the writer raises StreamMissing."""
    missing_pause_seconds: float = 0.5
    """Before a stream that should exist is tried again. An election takes seconds."""
    backoff: Backoff = BACKOFF
    """While the stream is full or away."""


async def _should_exist() -> None:
    """Always."""


UNTIL_STOPPED = RetryPolicy(check_stream=_should_exist, missing_pause_seconds=1.0)
"""For a process that is stopped when its streams are deleted: it waits for a missing one."""


class ReliableWriter:
    """Stores messages in a sink, retried by a policy. The only loop that retries a store."""

    def __init__(self, sink: Sink, policy: RetryPolicy | None = None) -> None:
        self._sink = sink
        self._policy = policy or RetryPolicy()

    async def write(self, message: OutboundMessage) -> bool:
        """Store `message`; returns False if it may be the only one of its subject, which had one.

        Without an id that may be this very message, as its acknowledgement can get lost.

        Blocks while the stream is full or away: this is where backpressure comes from.

        Raises:
            StreamMissing: no stream takes the subject, and the policy has no check.
            PublishRefused, NotPermitted: trying again would not help.
            FramemeshError: whatever the policy's check raises.
        """
        failures = 0
        while True:
            try:
                await self._sink.store(message)
            except AlreadyStored:
                return False
            except StreamMissing:
                if self._policy.check_stream is None:
                    raise
                await self._policy.check_stream()
                await asyncio.sleep(self._policy.missing_pause_seconds)
            except (StreamFull, StreamUnavailable) as error:
                failures += 1
                log.debug("will store again", subject=message.subject, error=str(error))
                await asyncio.sleep(self._policy.backoff.pause(failures))
            else:
                return True
