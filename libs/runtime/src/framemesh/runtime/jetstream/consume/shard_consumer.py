"""The consumer of a shard."""

from collections.abc import Mapping

from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.messages.subjects import frames_subject

ACK_WAIT_SECONDS = 4
"""After which an unacked frame is delivered again; workers renew it while they work."""

UNLIMITED = -1
"""Deliveries of a frame. Unlimited: the broker would keep a message over the limit in the stream
silently; workers count the attempts of a frame themselves."""

MAX_ACK_PENDING = 512
"""Of one shard."""

MAX_WAITING = 64
"""Pull requests to one shard."""


def shard_consumer_config(
    shard: Shard, name: str, metadata: Mapping[str, str] | None = None
) -> ConsumerConfig:
    """The durable consumer `name`, which delivers whatever of the shard is in the stream."""
    return ConsumerConfig(
        durable_name=name,
        ack_wait_seconds=ACK_WAIT_SECONDS,
        max_deliver=UNLIMITED,
        max_ack_pending=MAX_ACK_PENDING,
        max_waiting=MAX_WAITING,
        filter_subjects=(frames_subject(shard, "*"),),
        metadata=metadata or {},
    )
