"""Which message of the stream of pictures is that of a frame."""

import asyncio
from collections import OrderedDict
from typing import NoReturn

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.clock import Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.dataplane.outbound_message import ID_HEADER
from framemesh.runtime.jetstream.api.errors import ApiError, MessageNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages.subjects import pictures_stream, pictures_subject

MAX_PICTURES = 65_536
"""That are known, the newest: some 10 MB. The stream keeps fewer, unless they are very small."""

WAIT_SECONDS = 2.0
"""For the index to be up to date with the stream."""

RETRY_SECONDS = 0.5


class PictureIndex:
    """Reads the headers of the stream of pictures alone; a picture is fetched when it is asked for,
    so those that nobody wants cost nothing."""

    def __init__(self, broker: Broker, spec: SinkSpec, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._jetstream = JetStream(broker)
        self._stream = pictures_stream(spec.pipeline)
        self._subjects = [
            pictures_subject(spec.pipeline, camera) for camera in spec.cameras or ("*",)
        ]
        self._sequences: OrderedDict[str, int] = OrderedDict()
        """By the frame's id."""
        self._position = 0
        """Of the last header that came."""
        self._came = asyncio.Event()
        self._current = asyncio.Event()
        """Set when all is known that was there a moment ago."""

    async def run(self) -> NoReturn:
        """Follow the stream until cancelled, and from one that was deleted to the next."""
        while True:
            reader = OrderedReader(
                self._broker, self._stream, self._clock, self._subjects, headers_only=True
            )
            try:
                await reader.read(self._handle, caught_up=self._current.set)
            except* (StreamGone, BrokerUnavailable):
                self._sequences.clear()
                self._current.clear()
                self._position = 0
                await asyncio.sleep(RETRY_SECONDS)

    async def of(self, outcome: outcome_pb2.Outcome) -> bytes | None:
        """See Pictures."""
        frame = outcome.frame
        name = f"{frame.camera}/{frame.session}/{frame.sequence}"
        if name not in self._sequences:
            await self._catch_up()
        sequence = self._sequences.get(name)
        if sequence is None:
            return None
        try:
            return (await self._jetstream.messages.direct_get(self._stream, sequence)).payload
        except MessageNotFound:
            return None
        except (ApiError, BrokerUnavailable):
            # What became of the stream will be known; the sink does not wait for it.
            return None

    async def _catch_up(self) -> None:
        """Know all that is there now. A picture is stored before its result, but its header may be
        on its way here."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._current.wait()
                last = (await self._jetstream.streams.info(self._stream)).state.last_sequence
                while self._position < last:
                    self._came.clear()
                    await self._came.wait()
        except (TimeoutError, ApiError, BrokerUnavailable):
            return

    async def _handle(self, message: ReceivedMessage) -> None:
        self._position = message.sequence
        self._came.set()
        if name := message.headers.get(ID_HEADER):
            self._sequences[name] = message.sequence
            if len(self._sequences) > MAX_PICTURES:
                self._sequences.popitem(last=False)
