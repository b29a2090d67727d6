"""Configuration of streams and consumers."""

from dataclasses import dataclass
from enum import Enum


class Retention(Enum):
    """How long a stream keeps a message."""

    WORK_QUEUE = "workqueue"
    """Until it is acked."""
    LIMITS = "limits"
    """For ever: an acked message is only not redelivered by its consumer."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """Of one stream. A full stream refuses messages; it never drops any."""

    name: str
    subjects: tuple[str, ...]
    """What it takes; `*` matches one token, `>` at the end one or more."""
    retention: Retention
    max_bytes: int
    """Of its messages with their headers and subjects."""
    duplicate_seconds: float = 120.0
    """Duplicate window: how long a message id is recognised."""


@dataclass(frozen=True, slots=True)
class ConsumerConfig:
    """Of one durable consumer, which delivers whatever is in the stream."""

    name: str
    subject: str = ">"
    """Filter, may have wildcards. In a work queue, no two consumers share a subject."""
    ack_seconds: float = 4.0
    """Ack wait: an unanswered message is redelivered after it."""
