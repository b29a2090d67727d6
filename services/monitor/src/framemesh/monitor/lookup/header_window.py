"""The headers of some messages of a stream, without their payloads."""

from nats.aio.msg import Msg

from framemesh.core.clock import NANO
from framemesh.monitor.lookup.replies import replies
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage, delivery

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
        one = delivery(message, broker.client)
        if one.sequence <= last:
            found.append(one)
        return one.sequence < last

    consumer = await _make_consumer(broker, stream, subject, first)
    # Either so many come, and the last of them is at `last` or after it, or a status ends them.
    question = {"batch": last - first + 1, "no_wait": True}
    await replies(broker, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", question, take)
    await broker.request(f"$JS.API.CONSUMER.DELETE.{stream}.{consumer}", {})
    return found


async def _make_consumer(broker: Broker, stream: str, subject: str, first: int) -> str:
    config = {
        "ack_policy": "none",
        "deliver_policy": "by_start_sequence",
        "opt_start_seq": first,
        "filter_subject": subject,
        "headers_only": True,
        "mem_storage": True,
        "num_replicas": 1,
        "inactive_threshold": INACTIVE_THRESHOLD_SECONDS * NANO,
    }
    answer = await broker.request(
        f"$JS.API.CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": config}
    )
    if error := answer.get("error"):
        raise BrokerUnavailable(f"{stream}: {error.get('description')}")
    return str(answer["name"])
