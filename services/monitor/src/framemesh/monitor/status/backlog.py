"""What waits in the buffer of a pipeline, and what lies beside it."""

import contextlib
from dataclasses import dataclass

from framemesh.runtime.jetstream.api.error_codes import NOT_FOUND
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import dead_stream, frames_streams


class StreamNotFound(BrokerUnavailable):
    """A stream is not there, or not yet."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Frames that wait or are with a worker, and their bytes."""

    frames: int
    bytes: int


async def backlog(broker: Broker, stored: StoredPipeline) -> Backlog:
    """Of all streams of the buffer, with those that take no more frames.

    Raises:
        BrokerUnavailable: no answer in time, or a stream is not there.
    """
    pipeline = stored.spec.name
    states = [await _state(broker, name) for name in frames_streams(pipeline, stored.generation)]
    for generation in stored.draining:
        for name in frames_streams(pipeline, generation):
            # Gone since it was listed: it was empty.
            with contextlib.suppress(StreamNotFound):
                states.append(await _state(broker, name))
    return Backlog(
        sum(state["messages"] for state in states), sum(state["bytes"] for state in states)
    )


async def dead_letters_kept(broker: Broker, pipeline: str) -> int:
    """
    Raises:
        BrokerUnavailable: no answer in time, or the stream is not there.
    """
    return (await _state(broker, dead_stream(pipeline)))["messages"]


async def _state(broker: Broker, stream: str) -> dict[str, int]:
    answer = await broker.ask(f"$JS.API.STREAM.INFO.{stream}", {})
    if error := answer.get("error"):
        fault = StreamNotFound if error.get("code") == NOT_FOUND else BrokerUnavailable
        raise fault(f"{stream}: {error.get('description')}")
    state: dict[str, int] = answer["state"]
    return state
