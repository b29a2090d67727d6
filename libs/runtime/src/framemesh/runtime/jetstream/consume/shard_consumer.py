"""What the consumer of a shard is made with."""

from typing import Any

from framemesh.core.clock import NANO
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.messages.subjects import frames_subject

ACK_WAIT = 4 * NANO
"""After which an unacked frame is delivered again; workers renew it while they work."""

UNLIMITED = -1
"""Deliveries of a frame. The broker keeps what it delivered too often in the stream for ever and
tells nobody; workers count the tries of a frame, and give it up."""

MAX_ACK_PENDING = 512
"""Of one shard."""


def shard_consumer_config(shard: Shard, name: str) -> dict[str, Any]:
    """Of the durable consumer `name`, which delivers whatever of the shard is in the stream."""
    return {
        "durable_name": name,
        "ack_policy": "explicit",
        "deliver_policy": "all",
        "ack_wait": ACK_WAIT,
        "max_deliver": UNLIMITED,
        "max_ack_pending": MAX_ACK_PENDING,
        "max_waiting": 64,
        "filter_subject": frames_subject(shard, "*"),
    }
