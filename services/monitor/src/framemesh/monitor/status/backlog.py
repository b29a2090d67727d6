"""What waits in the buffer of a pipeline, and what lies beside it."""

import contextlib
from dataclasses import dataclass

from framemesh.runtime.jetstream.api.errors import StreamNotFound, retryable
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamState
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import dead_stream, frames_streams


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
    names = frames_streams(pipeline, stored.generation)
    with retryable("the buffer is not there yet"):
        states = [await _state(broker, name) for name in names]
    for generation in stored.draining:
        for name in frames_streams(pipeline, generation):
            # Gone since it was listed: it was empty.
            with contextlib.suppress(StreamNotFound):
                states.append(await _state(broker, name))
    return Backlog(sum(state.messages for state in states), sum(state.bytes for state in states))


async def dead_letters_kept(broker: Broker, pipeline: str) -> int:
    """
    Raises:
        BrokerUnavailable: no answer in time, or the stream is not there.
    """
    with retryable("the dead letters are not there yet"):
        return (await _state(broker, dead_stream(pipeline))).messages


async def _state(broker: Broker, stream: str) -> StreamState:
    return (await JetStream(broker).streams.info(stream)).state
