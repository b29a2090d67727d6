"""The outcomes of a pipeline, newest first, a page at a time."""

import asyncio
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from framemesh.core.outcome import Fate
from framemesh.monitor.ledger.registry import LedgerRegistry
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
"""Of the stream that are read at once: some 9,000 outcomes of 450 bytes."""

NARROWEST, WIDEST = 16, 4096
"""Messages in one window."""

MAX_WINDOWS = 4
"""That are looked through for one page, half a second of this process. The page may be short then,
and the next one goes on there."""

MAX_CONCURRENT = 2
"""Pages that are looked for at once; more wait."""


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """Some outcomes, newest first."""

    outcomes: tuple[OutcomeSummary, ...]
    before: int
    """Where the next page begins; 0 after the last."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which outcomes; what is None or empty matches all."""

    camera: str = ""
    fate: Fate | None = None
    reason: str = ""

    @property
    def never_plain(self) -> bool:
        """Whether no frame that is just done is among them."""
        return self.fate not in {None, Fate.DONE} or bool(self.reason)

    def matches(self, outcome: OutcomeSummary) -> bool:
        return (
            self.camera in {"", outcome.frame.camera}
            and self.fate in {None, outcome.fate}
            and self.reason in {"", outcome.reason}
        )


class OutcomePages:
    """Reads the end of a stream, and ever more in front of that: it can be read forwards only.

    What is rare among many thousands is looked for in the ledger first, which remembers the last.
    """

    def __init__(self, broker: Broker, registry: LedgerRegistry) -> None:
        self._broker = broker
        self._registry = registry
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)

    async def page(self, pipeline: str, wanted: Wanted, size: int, before: int = 0) -> OutcomePage:
        """The newest `size` that are wanted, before `before` unless that is 0.

        Raises:
            StreamGone: there is no such pipeline.
            BrokerUnavailable, LedgerBehind: ask again.
        """
        found: list[tuple[int, OutcomeSummary]] = []
        if wanted.never_plain:
            recent = (await self._registry.latest(pipeline)).ledger.recent
            found = [each for each in recent.newest_first(before) if wanted.matches(each[1])]
            if recent.complete_after is not None:
                before = min(before or recent.complete_after + 1, recent.complete_after + 1)
        if len(found) > size:
            return _page(found, size)
        async with self._slots:
            return await self._read(pipeline, wanted, size, found, before)

    async def _read(
        self,
        pipeline: str,
        wanted: Wanted,
        size: int,
        found: list[tuple[int, OutcomeSummary]],
        before: int,
    ) -> OutcomePage:
        """What is found already, and what is in front of that in the stream."""
        stream = ledger_stream(pipeline)
        subject = outcomes_subject(pipeline, wanted.camera or "*")
        state = await self._state(stream)
        last = min(before - 1, state.last_sequence) if before else state.last_sequence
        width = _width(state)
        for _ in range(MAX_WINDOWS):
            if len(found) > size or last < state.first_sequence or not state.messages:
                break
            within = SequenceRange(max(state.first_sequence, last - width + 1), last)
            found += reversed(await self._window(stream, subject, wanted, within))
            last = within.first - 1
        if len(found) > size:
            return _page(found, size)
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
            if wanted.matches(outcome):
                found.append((message.sequence, outcome))

        await message_window(self._broker, stream, subject, within, take)
        return found

    async def _state(self, stream: str) -> StreamState:
        try:
            return (await JetStream(self._broker).streams.info(stream)).state
        except StreamNotFound as error:
            raise StreamGone(f"stream {stream} does not exist") from error


def _page(found: list[tuple[int, OutcomeSummary]], size: int) -> OutcomePage:
    """The first of more than one page has."""
    return OutcomePage(tuple(each for _, each in found[:size]), found[size - 1][0])


def _width(state: StreamState) -> int:
    """Of a window, by the mean size of a message."""
    mean = state.bytes / max(1, state.messages)
    return max(NARROWEST, min(WIDEST, int(WINDOW_BYTES / max(1.0, mean))))
