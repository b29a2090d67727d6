"""One id, one image: another one under an id that is known is refused, and not taken for it.

The broker tells a message that it knows by its id alone. A camera sends a frame again when its
connection broke, and that is the same image. Where two programs share a session, as after a fork,
it is another one, which would be acknowledged and be nowhere.
"""

import asyncio

from framemesh.core.frame import FrameId
from framemesh.ingest.errors import SessionShared
from framemesh.runtime.dataplane.data_plane import PromptSink
from framemesh.runtime.dataplane.errors import StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.api.errors import ApiError, MessageNotFound, StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import frame_message, outcome_message
from framemesh.runtime.messages.subjects import ledger_stream, outcome_subject, pipeline_of_frames


class OneImageSink:
    """Stores frames. What is stored for the first time costs no more than without this."""

    def __init__(self, sink: PromptSink, broker: Broker) -> None:
        self._sink = sink
        self._messages = JetStream(broker).messages

    async def store(self, message: OutboundMessage) -> int | None:
        """As Sink.store.

        Raises:
            SessionShared: the stream has stored another image under this id.
        """
        before = await self._sink.store(message)
        if before is not None:
            known = await self._known_crc32(message, before)
            if known not in {None, message.headers[frame_message.CRC32]}:
                raise SessionShared(message.id)
        return before

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """As PromptSink.begin_store. A number as its result is of an image that was not compared:
        `store` does that."""
        return self._sink.begin_store(message)

    async def _known_crc32(self, message: OutboundMessage, sequence: int) -> str | None:
        """That of the stored image; None: nothing tells it any more."""
        try:
            stored = await self._messages.get(message.stream, sequence)
            return stored.headers.get(frame_message.CRC32)
        except MessageNotFound:
            # Its outcome is written before it is removed.
            return await self._crc32_of_outcome(message)
        except StreamNotFound:
            return None
        except ApiError as error:
            raise StreamUnavailable(str(error)) from error

    async def _crc32_of_outcome(self, message: OutboundMessage) -> str | None:
        pipeline, frame = pipeline_of_frames(message.subject), FrameId.parse(message.id)
        try:
            stored = await self._messages.last(
                ledger_stream(pipeline), outcome_subject(pipeline, frame)
            )
        except (MessageNotFound, StreamNotFound):
            return None
        except ApiError as error:
            raise StreamUnavailable(str(error)) from error
        found = outcome_message.crc32_from_payload(stored.payload)
        return None if found is None else frame_message.crc32_text(found)
