"""The headers of some messages of a stream, without their payloads."""

import contextlib

from nats.aio.msg import Msg

from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.jetstream.api.errors import ConsumerNotFound, retryable
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage, received_message

INACTIVE_THRESHOLD_SECONDS = 30
"""After which the broker forgets the reader, should we not come to say so."""


async def header_window(
    broker: Broker, stream: str, subject: str, first: int, last: int
) -> list[ReceivedMessage]:
    """Of the messages from `first` to `last`, both included, that match `subject`; ascending.

    Raises:
        BrokerUnavailable: no answer in time.
    """
    found: list[ReceivedMessage] = []

    def take(message: Msg) -> bool:
        one = received_message(message, broker.client)
        if one.sequence <= last:
            found.append(one)
        return one.sequence < last

    consumers = JetStream(broker).consumers
    with retryable(f"cannot read {stream}"):
        consumer = await consumers.create(stream, _config(subject, first))
        # Either so many come, and the last of them is at `last` or after it, or a status ends them.
        await consumers.fetch(stream, consumer, last - first + 1, take)
        with contextlib.suppress(ConsumerNotFound):
            await consumers.delete(stream, consumer)
    return found


def _config(subject: str, first: int) -> ConsumerConfig:
    return ConsumerConfig(
        ack_policy="none",
        start_sequence=first,
        filter_subjects=(subject,),
        headers_only=True,
        memory_storage=True,
        replicas=1,
        inactive_threshold_seconds=INACTIVE_THRESHOLD_SECONDS,
    )
