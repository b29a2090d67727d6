"""How much a pull has under way, and how much it may ask for."""

from dataclasses import dataclass

from framemesh.runtime.dataplane.plane import PullLimits

ENVELOPE_BYTES = 4096
"""More than the subjects of a message have, which count as its bytes where it is pulled: a line of
the protocol has no more."""


@dataclass(slots=True)
class Request:
    """What was asked for, and how many messages of it may still come."""

    messages: int
    bytes: int
    unanswered: int
    waits: bool = True
    """At the broker, until all of it came; else it gets what is there."""

    @property
    def in_vain(self) -> bool:
        """Nothing came."""
        return self.unanswered == self.messages


class PullBudget:
    """What the limits of a pull leave."""

    def __init__(self, limits: PullLimits) -> None:
        self._limits = limits
        self._messages = limits.messages
        self._bytes = limits.bytes
        self._most_bytes = limits.bytes

    def take(self, size: int) -> None:
        """A message of so many bytes was delivered."""
        self._messages -= 1
        self._bytes -= size

    def give(self, size: int) -> None:
        """It is dealt with."""
        self._messages += 1
        self._bytes += size

    def request(self) -> Request | None:
        """For all the room there is; None while that is less than half of the limits: asking for
        every single message would double the traffic."""
        if 2 * self._messages < self._limits.messages or 2 * self._bytes < self._limits.bytes:
            return None
        return Request(self._messages, min(self._bytes, self._most_bytes), self._messages)

    def ask_for_less(self, max_payload: int) -> None:
        """The connection broke while messages were to come.

        A server drops a client that has more coming to it than its `max_pending`, without a word.
        Asked for as much again it would do so again, so half is asked for from now on, down to one
        message of the largest size: that costs little.
        """
        least = max(max_payload + ENVELOPE_BYTES, self._most_bytes // 2)
        self._most_bytes = min(self._limits.bytes, least)

    def ask_for_more(self, refused: Request) -> bool:
        """The next message is larger than a request; returns whether another may bring it."""
        self._most_bytes = self._limits.bytes
        return refused.bytes < self._limits.bytes
