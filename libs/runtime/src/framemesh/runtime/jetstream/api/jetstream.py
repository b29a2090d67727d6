"""JetStream over one connection."""

from framemesh.runtime.jetstream.api.consumers import Consumers
from framemesh.runtime.jetstream.api.messages import Messages
from framemesh.runtime.jetstream.api.requests import ApiRequests
from framemesh.runtime.jetstream.api.streams import Streams
from framemesh.runtime.jetstream.connection.broker import ANSWER_TIMEOUT_SECONDS, Broker


class JetStream:
    """Streams, consumers and messages. It holds nothing but the connection: make one where it is
    needed."""

    def __init__(self, broker: Broker, timeout_seconds: float = ANSWER_TIMEOUT_SECONDS) -> None:
        """
        Args:
            timeout_seconds: how long any answer may take, with the wait for a connection.
        """
        requests = ApiRequests(broker, timeout_seconds)
        self.streams = Streams(requests)
        self.consumers = Consumers(requests)
        self.messages = Messages(requests)
