"""What waits in the buffer of a pipeline."""

from dataclasses import dataclass

from framemesh.core.pipeline import PipelineSpec
from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.subjects import frames_stream


@dataclass(frozen=True, slots=True)
class Backlog:
    """Frames that wait or are with a worker, and their bytes."""

    frames: int
    bytes: int


async def backlog(broker: Broker, spec: PipelineSpec) -> Backlog:
    """
    Raises:
        BrokerUnavailable: no answer in time, or a stream is not there.
    """
    frames = size = 0
    for index in range(spec.buffer.streams):
        name = frames_stream(spec.name, index)
        answer = await broker.request(f"$JS.API.STREAM.INFO.{name}", {})
        if error := answer.get("error"):
            raise BrokerUnavailable(f"{name}: {error.get('description')}")
        frames += answer["state"]["messages"]
        size += answer["state"]["bytes"]
    return Backlog(frames, size)
