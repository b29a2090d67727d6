"""The pictures of frames that wait in the buffer."""

import asyncio

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.outbound_message import ID_HEADER
from framemesh.runtime.jetstream.api.errors import MessageNotFound, StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages.subjects import camera_frames_subject, frames_streams

MAX_LOOKED_AT = 64
"""Messages of the camera in each stream: as many as one may have unacknowledged at once. The broker
has no other way to a frame than through those before it, with their images."""


class WaitingFrames:
    """Looks through the oldest frames of a camera, for one question at a time."""

    def __init__(self, broker: Broker, pipelines: PipelineStore) -> None:
        self._messages = JetStream(broker).messages
        self._pipelines = pipelines
        self._alone = asyncio.Lock()

    async def image(self, pipeline: str, frame: FrameId) -> bytes | None:
        """None where the frame is not among those that are looked at.

        Raises:
            PipelineUnknown: there is no such pipeline.
            BrokerUnavailable: no answer in time.
        """
        stored = await self._pipelines.get(pipeline)
        async with self._alone:
            for generation in (*stored.draining, stored.generation):
                for stream in frames_streams(pipeline, generation):
                    if (found := await self._in_stream(stream, pipeline, frame)) is not None:
                        return found
        return None

    async def _in_stream(self, stream: str, pipeline: str, frame: FrameId) -> bytes | None:
        subject, sequence = camera_frames_subject(pipeline, frame.camera), 1
        for _ in range(MAX_LOOKED_AT):
            try:
                found = await self._messages.next(stream, subject, sequence)
            except (MessageNotFound, StreamNotFound):
                return None
            if found.headers.get(ID_HEADER) == str(frame):
                return found.payload
            sequence = found.sequence + 1
        return None
