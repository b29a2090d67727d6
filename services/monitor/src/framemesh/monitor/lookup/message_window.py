"""Some messages of a stream, or their headers alone."""

import contextlib
from collections.abc import Callable

from nats.aio.msg import Msg

from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.jetstream.api.errors import ConsumerNotFound, retryable
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import SequenceRange
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage, received_message

INACTIVE_THRESHOLD_SECONDS = 30
"""After which the broker forgets the reader, should we not come to say so."""

Take = Callable[[ReceivedMessage], None]


async def header_window(
    broker: Broker, stream: str, subject: str, first: int, last: int
) -> list[ReceivedMessage]:
    """Of the messages from `first` to `last`, both included, that match `subject`; ascending, and
    without their payloads.

    Raises:
        BrokerUnavailable: no answer in time.
    """
    found: list[ReceivedMessage] = []
    await message_window(
        broker, stream, subject, SequenceRange(first, last), found.append, headers_only=True
    )
    return found


async def message_window(
    broker: Broker,
    stream: str,
    subject: str,
    within: SequenceRange,
    take: Take,
    *,
    headers_only: bool = False,
) -> None:
    """The same, each handed to `take` as it comes, so that it need not be kept.

    Raises:
        BrokerUnavailable: no answer in time.
    """

    def on_message(message: Msg) -> bool:
        one = received_message(message, broker.client)
        if one.sequence <= within.last:
            take(one)
        return one.sequence < within.last

    consumers = JetStream(broker).consumers
    with retryable(f"cannot read {stream}"):
        consumer = await consumers.create(stream, _config(subject, within.first, headers_only))
        # Either so many come, and the last of them is the last of all or after it, or a status ends
        # them.
        count = within.last - within.first + 1
        await consumers.fetch(stream, consumer, count, on_message)
        with contextlib.suppress(ConsumerNotFound):
            await consumers.delete(stream, consumer)


def _config(subject: str, first: int, headers_only: bool) -> ConsumerConfig:
    return ConsumerConfig(
        ack_policy="none",
        start_sequence=first,
        filter_subjects=(subject,),
        headers_only=headers_only,
        memory_storage=True,
        replicas=1,
        inactive_threshold_seconds=INACTIVE_THRESHOLD_SECONDS,
    )
