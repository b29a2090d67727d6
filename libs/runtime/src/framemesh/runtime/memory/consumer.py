"""A durable consumer: which messages of a stream were delivered, and which are redelivered."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.runtime.memory.config import ConsumerConfig
from framemesh.runtime.memory.stored_message import Message
from framemesh.runtime.memory.subjects import matches


@dataclass(slots=True)
class Pending:
    """A message without a final answer."""

    message: Message
    attempt: int = 0
    """Deliveries so far."""
    due: float = 0.0
    """When it is redelivered, by the monotonic clock."""


class Consumer:
    """Delivers messages one by one to the pulls that request them."""

    def __init__(
        self, config: ConsumerConfig, settle: Callable[[Message], None], clock: Clock
    ) -> None:
        """`settle` is called with every message that has its final answer."""
        self._config = config
        self._settle = settle
        self._clock = clock
        self._new: deque[Message] = deque()
        self._delivered: dict[int, Pending] = {}
        self.listeners: set[Callable[[], None]] = set()
        """Called whenever there may be more to deliver, and when the consumer is gone."""
        self.gone = False

    @property
    def waits(self) -> bool:
        """Whether a redelivery may become due as time passes."""
        return bool(self._delivered)

    def offer(self, message: Message) -> None:
        """Take note of a new message of the stream."""
        if matches(self._config.subject, message.subject):
            self._new.append(message)
            self._notify()

    def next(self) -> Pending | None:
        """The next message to deliver, if there is one."""
        if due := self._due():
            return due
        return Pending(self._new[0]) if self._new else None

    def delivered(self, pending: Pending) -> None:
        """Take note that what `next` returned was delivered."""
        if not pending.attempt:
            self._new.popleft()
        pending.attempt += 1
        pending.due = self._clock.monotonic() + self._config.ack_seconds
        self._delivered[pending.message.sequence] = pending

    def settle(self, sequence: int) -> None:
        """Take note of a final answer to a message."""
        if delivered := self._delivered.pop(sequence, None):
            self._settle(delivered.message)

    def postpone(self, sequence: int, seconds: float | None = None) -> None:
        """Redeliver a message after so many seconds, or after the ack wait."""
        if delivered := self._delivered.get(sequence):
            wait = self._config.ack_seconds if seconds is None else seconds
            delivered.due = self._clock.monotonic() + wait
            self._notify()

    def end(self) -> None:
        """Mark it as deleted."""
        self.gone = True
        self._notify()

    def _due(self) -> Pending | None:
        """The message whose redelivery is most overdue."""
        first = min(self._delivered.values(), key=lambda each: each.due, default=None)
        return first if first and first.due <= self._clock.monotonic() else None

    def _notify(self) -> None:
        for listener in self.listeners:
            listener()
