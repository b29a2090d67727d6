"""The other end of a stream may not be silent for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from google.protobuf.message import DecodeError

from framemesh.runtime.rpc.stream_timeouts import (
    MessageUnreadable,
    StreamSilent,
    first_message,
    further_messages,
)


async def messages(*found: int, then_silent: bool = False) -> AsyncIterator[int]:
    for each in found:
        yield each
    if then_silent:
        await asyncio.Event().wait()


async def test_the_first_message_comes_or_the_stream_has_ended() -> None:
    assert await first_message(messages(1, 2), 0) == 1
    assert await first_message(messages(), 0) == 0


async def test_a_stream_that_is_opened_and_not_used_ends() -> None:
    with pytest.raises(StreamSilent, match=r"no first message within 0\.01 s"):
        await first_message(messages(then_silent=True), 0, seconds=0.01)


async def test_further_messages_come_up_to_the_end() -> None:
    assert [each async for each in further_messages(messages(1, 2, 3))] == [1, 2, 3]


async def test_a_stream_that_falls_silent_ends() -> None:
    stream = further_messages(messages(1, 2, then_silent=True), seconds=0.01)
    assert [await anext(stream), await anext(stream)] == [1, 2]
    with pytest.raises(StreamSilent, match=r"nothing came for 0\.01 s"):
        await anext(stream)


async def unreadable() -> AsyncIterator[int]:
    raise DecodeError
    yield 0


async def test_what_is_no_message_ends_a_stream_with_a_line() -> None:
    with pytest.raises(MessageUnreadable, match="not of this protocol"):
        await first_message(unreadable(), 0)
    with pytest.raises(MessageUnreadable):
        await anext(further_messages(unreadable()))
