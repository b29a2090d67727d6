"""What waits in the buffer of a pipeline."""

from dataclasses import dataclass

from framemesh.core.pipeline import PipelineSpec
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.subjects import frames_stream


@dataclass(frozen=True, slots=True)
class Backlog:
    """Frames that wait or are with a worker, and their bytes."""

    frames: int
    bytes: int


async def backlog(broker: Broker, spec: PipelineSpec) -> Backlog:
    """
    Raises:
        BrokerUnavailable: no answer in time.
    """
    frames = size = 0
    for index in range(spec.buffer.streams):
        answer = await broker.request(f"$JS.API.STREAM.INFO.{frames_stream(spec.name, index)}", {})
        state = answer.get("state", {})
        frames += state.get("messages", 0)
        size += state.get("bytes", 0)
    return Backlog(frames, size)
