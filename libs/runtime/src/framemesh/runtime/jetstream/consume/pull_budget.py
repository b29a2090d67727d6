"""How much a pull has in progress, and how much it may request."""

from dataclasses import dataclass

from framemesh.runtime.dataplane.data_plane import PullLimits

ENVELOPE_BYTES = 4096
"""More than the subjects of a message, which count as its bytes in a pull request: a protocol line
is no longer."""


@dataclass(slots=True)
class Request:
    """A pull request, and how many of its messages may still come."""

    messages: int
    bytes: int
    unanswered: int
    waits: bool = True
    """Whether it waits at the broker until all messages came; else it gets what is there."""

    @property
    def got_nothing(self) -> bool:
        """No message came."""
        return self.unanswered == self.messages


class PullBudget:
    """What the limits of a pull leave for the next request."""

    def __init__(self, limits: PullLimits) -> None:
        self._limits = limits
        self._messages = limits.messages
        self._bytes = limits.bytes
        self._max_request_bytes = limits.bytes

    def limit(self, limits: PullLimits) -> None:
        """Other limits; with smaller ones more may be in progress than they allow, for a moment."""
        self._messages += limits.messages - self._limits.messages
        self._bytes += limits.bytes - self._limits.bytes
        self._max_request_bytes = limits.bytes
        self._limits = limits

    def delivered(self, size: int) -> None:
        """A message of `size` bytes was delivered."""
        self._messages -= 1
        self._bytes -= size

    def done(self, size: int) -> None:
        """A delivered message of `size` bytes is done."""
        self._messages += 1
        self._bytes += size

    def next_request(self) -> Request | None:
        """For all that is free; None while that is less than half of the limits: one request for
        each message would double the traffic."""
        if 2 * self._messages < self._limits.messages or 2 * self._bytes < self._limits.bytes:
            return None
        return Request(self._messages, min(self._bytes, self._max_request_bytes), self._messages)

    def shrink(self, max_payload: int) -> None:
        """Halve the requests, because the connection broke while messages were on their way.

        A server disconnects a client that has more than `max_pending` bytes on their way, without
        an error. The same request would have it do so again. The lower bound is one message of the
        largest size.
        """
        least = max(max_payload + ENVELOPE_BYTES, self._max_request_bytes // 2)
        self._max_request_bytes = min(self._limits.bytes, least)

    def grow(self, refused: Request) -> bool:
        """Request up to the limits again, because the next message is larger than `refused`.

        Returns False if `refused` was as large as the limits.
        """
        self._max_request_bytes = self._limits.bytes
        return refused.bytes < self._limits.bytes
