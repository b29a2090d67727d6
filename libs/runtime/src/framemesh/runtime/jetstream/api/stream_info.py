"""What JetStream says of a stream."""

from typing import Any

from framemesh.runtime.jetstream.api.error_codes import NO_SUCH_STREAM, error_code
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable


async def stream_info(broker: Broker, stream: str) -> dict[str, Any] | None:
    """Its configuration, state and more; None where there is no such stream.

    Raises:
        BrokerUnavailable: the broker does not answer in time, or cannot.
    """
    answer = await broker.ask(f"$JS.API.STREAM.INFO.{stream}", {})
    if error_code(answer) == NO_SUCH_STREAM:
        return None
    if error := answer.get("error"):
        raise BrokerUnavailable(f"{stream}: {error.get('description')}")
    return answer
