"""The results that were read and are not durable yet, and when they have to be."""

from dataclasses import dataclass, field

from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.writer import FlushPolicy


@dataclass(slots=True)
class Backlog:
    """In the order of the ledger."""

    policy: FlushPolicy
    messages: list[ReceivedMessage] = field(default_factory=list)
    """All that were read, also those that are not written."""
    results: list[Result] = field(default_factory=list)
    bytes: int = 0
    since: float = 0.0
    """By the monotonic clock: when the oldest result came."""

    def add(self, messages: list[ReceivedMessage], results: list[Result], now: float) -> None:
        if results and not self.results:
            self.since = now
        self.messages += messages
        self.results += results
        self.bytes += sum(len(message.payload) for message in messages)

    def due_in(self, now: float) -> float | None:
        """Seconds until it has to be flushed; None: there is nothing in it."""
        if not self.messages and not self.results:
            return None
        policy = self.policy
        if not self.results or len(self.messages) >= policy.results or self.bytes >= policy.bytes:
            return 0
        return max(0.0, self.since + policy.seconds - now)

    def age(self, now: float) -> float:
        """For how many seconds the oldest result waits; 0: there is none."""
        return now - self.since if self.results else 0.0

    def clear(self) -> None:
        self.messages, self.results, self.bytes = [], [], 0
