"""What a writer retries, and what it lets out."""

import asyncio
from collections.abc import Iterable

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.dataplane.errors import (
    AlreadyStored,
    NotPermitted,
    PublishRefused,
    StreamFull,
    StreamMissing,
    StreamUnavailable,
)
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter, RetryPolicy

MESSAGE = OutboundMessage("test.x", b"x")
AT_ONCE = Backoff(0.0, 0.0)


class ScriptedSink:
    """Answers as it is told, then stores."""

    def __init__(self, *answers: FramemeshError) -> None:
        self._answers = list(answers)
        self.attempts = 0

    async def store(self, message: OutboundMessage) -> None:
        self.attempts += 1
        if self._answers:
            raise self._answers.pop(0)


class Gone(FramemeshError):
    """What the check says of a stream that was deleted."""


def checked(verdicts: Iterable[FramemeshError | None]) -> RetryPolicy:
    remaining = iter(verdicts)

    async def check() -> None:
        if error := next(remaining):
            raise error

    return RetryPolicy(check, missing_pause_seconds=0.0, backoff=AT_ONCE)


async def test_a_full_or_unavailable_stream_is_tried_until_it_takes_the_message() -> None:
    sink = ScriptedSink(StreamFull(), StreamUnavailable(), StreamFull())
    assert await ReliableWriter(sink, RetryPolicy(backoff=AT_ONCE)).write(MESSAGE)
    assert sink.attempts == 4


async def test_a_place_that_was_taken_is_told_and_not_tried_again() -> None:
    sink = ScriptedSink(StreamUnavailable(), AlreadyStored())
    assert not await ReliableWriter(sink, RetryPolicy(backoff=AT_ONCE)).write(MESSAGE)
    assert sink.attempts == 2


async def test_a_missing_stream_that_should_exist_is_tried_again() -> None:
    sink = ScriptedSink(StreamMissing(), StreamFull(), StreamMissing())
    assert await ReliableWriter(sink, checked([None, None])).write(MESSAGE)


async def test_a_missing_stream_that_should_not_exist_raises_what_the_check_says() -> None:
    sink = ScriptedSink(*[StreamMissing()] * 9)
    with pytest.raises(Gone):
        await ReliableWriter(sink, checked([None, Gone()])).write(MESSAGE)
    assert sink.attempts == 2


@pytest.mark.parametrize("error", [StreamMissing(), PublishRefused(), NotPermitted()])
async def test_what_no_retry_would_mend_is_raised(error: FramemeshError) -> None:
    sink = ScriptedSink(error)
    with pytest.raises(type(error)):
        await ReliableWriter(sink).write(MESSAGE)
    assert sink.attempts == 1


async def test_pauses_grow_while_a_stream_stays_full(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await ReliableWriter(ScriptedSink(*[StreamFull()] * 4)).write(MESSAGE)
    assert pauses == [0.05, 0.1, 0.2, 0.4]
