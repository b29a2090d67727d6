"""What streams and consumers are made with."""

from dataclasses import dataclass
from enum import Enum


class Retention(Enum):
    """How long a stream keeps a message."""

    WORK_QUEUE = "workqueue"
    """Until it is acked."""
    LIMITS = "limits"
    """For ever: what is acked is only not delivered again by the consumer that was told."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """Of one stream. It refuses what it has no room for, and never drops anything."""

    name: str
    subjects: tuple[str, ...]
    """Those that it takes; `*` stands for one token, `>` at the end for one or more."""
    retention: Retention
    max_bytes: int
    """Of its messages with their headers and subjects."""
    duplicate_seconds: float = 120.0
    """For how long an id is recognised."""


@dataclass(frozen=True, slots=True)
class ConsumerConfig:
    """Of one durable consumer, which delivers whatever is in the stream."""

    name: str
    subject: str = ">"
    """What it delivers; may have wildcards. In a work queue, no two consumers share a subject."""
    ack_seconds: float = 4.0
    """Until a message that was delivered and not answered is delivered again."""
