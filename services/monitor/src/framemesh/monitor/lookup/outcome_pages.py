"""The outcomes of a pipeline, newest first, a page at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from framemesh.monitor.lookup.message_window import message_window
from framemesh.runtime.jetstream.api.errors import StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamState
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import SequenceRange, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.outcome_message import OutcomeSummary
from framemesh.runtime.messages.subjects import ledger_stream, outcomes_subject

WINDOW_BYTES = 4 * 1024 * 1024
"""Of the stream that are read at once: some 9,000 outcomes of 450 bytes, in a tenth of a second."""

NARROWEST, WIDEST = 16, 8192
"""Messages in one window."""

MAX_WINDOWS = 8
"""That are looked through for one page. It may be short then, and the next one goes on there."""

MAX_CONCURRENT = 2
"""Pages that are looked for at once; more wait."""

Wanted = Callable[[OutcomeSummary], bool]


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """Some outcomes, newest first."""

    outcomes: tuple[OutcomeSummary, ...]
    before: int
    """Where the next page begins; 0 after the last."""


class OutcomePages:
    """Reads the end of a stream, and ever more in front of that: it can be read forwards only."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)

    async def page(
        self, pipeline: str, wanted: Wanted, size: int, *, camera: str = "", before: int = 0
    ) -> OutcomePage:
        """The newest `size` that are wanted, of one camera or of all, before `before` unless that
        is 0.

        Raises:
            StreamGone: there is no such pipeline.
            BrokerUnavailable: no answer in time.
        """
        async with self._slots:
            return await self._page(pipeline, wanted, size, camera or "*", before)

    async def _page(
        self, pipeline: str, wanted: Wanted, size: int, camera: str, before: int
    ) -> OutcomePage:
        stream, subject = ledger_stream(pipeline), outcomes_subject(pipeline, camera)
        state = await self._state(stream)
        last = min(before - 1, state.last_sequence) if before else state.last_sequence
        width = _width(state)
        found: list[tuple[int, OutcomeSummary]] = []
        for _ in range(MAX_WINDOWS):
            if len(found) > size or last < state.first_sequence or not state.messages:
                break
            within = SequenceRange(max(state.first_sequence, last - width + 1), last)
            found += reversed(await self._window(stream, subject, wanted, within))
            last = within.first - 1
        if len(found) > size:
            return OutcomePage(tuple(each for _, each in found[:size]), found[size - 1][0])
        ended = last < state.first_sequence or not state.messages
        return OutcomePage(tuple(each for _, each in found), 0 if ended else last + 1)

    async def _window(
        self, stream: str, subject: str, wanted: Wanted, within: SequenceRange
    ) -> list[tuple[int, OutcomeSummary]]:
        found: list[tuple[int, OutcomeSummary]] = []

        def take(message: ReceivedMessage) -> None:
            try:
                outcome = outcome_message.summary_from_payload(message.payload)
            except (DecodeError, KeyError):
                # What somebody else wrote there, which the ledger logs.
                return
            if wanted(outcome):
                found.append((message.sequence, outcome))

        await message_window(self._broker, stream, subject, within, take)
        return found

    async def _state(self, stream: str) -> StreamState:
        try:
            return (await JetStream(self._broker).streams.info(stream)).state
        except StreamNotFound as error:
            raise StreamGone(f"stream {stream} does not exist") from error


def _width(state: StreamState) -> int:
    """Of a window, by the mean size of a message."""
    mean = state.bytes / max(1, state.messages)
    return max(NARROWEST, min(WIDEST, int(WINDOW_BYTES / max(1.0, mean))))
