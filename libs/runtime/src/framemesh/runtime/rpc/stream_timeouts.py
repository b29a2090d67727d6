"""Streams that end: bounds on the silence of the other end (one that was opened and is never used,
or not read, would hold its call indefinitely), and a status that always arrives and says why."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import grpc.aio
from google.protobuf.message import DecodeError

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.concurrency.repeated_timeout import RepeatedTimeout

FIRST_MESSAGE_SECONDS = 10.0
"""From the opening of a stream to its first message, which a client has when it opens it."""

IDLE_SECONDS = 30.0
"""Between two messages of a file, also over a slow network: chunks are 1 MiB at most."""

T = TypeVar("T")


class StreamSilent(FramemeshError):
    """The other end of a stream sends nothing, or takes nothing."""

    code = Code.UNAVAILABLE


class MessageUnreadable(FramemeshError):
    """What came on a stream is not a message of its kind. The first message of a call that has one
    alone is refused by gRPC itself."""

    code = Code.INVALID

    def __init__(self) -> None:
        super().__init__("a message of the stream cannot be read: it is not of this protocol")


async def first_message(
    messages: AsyncIterator[T], default: T, seconds: float = FIRST_MESSAGE_SECONDS
) -> T:
    """The first message of a stream; `default` where it ends without one.

    Raises:
        StreamSilent: it does not come in time.
        MessageUnreadable: it is none.
    """
    try:
        async with asyncio.timeout(seconds):
            return await anext(messages, default)
    except DecodeError as error:
        raise MessageUnreadable from error
    except TimeoutError as error:
        raise StreamSilent(f"no first message within {seconds:g} s: send it at once") from error


async def further_messages(
    messages: AsyncIterator[T], seconds: float | None = IDLE_SECONDS
) -> AsyncIterator[T]:
    """The messages of a stream up to its end.

    Args:
        seconds: for each; None: as long as it takes.

    Raises:
        StreamSilent: one of them does not come in time.
        MessageUnreadable: one of them is none.
    """
    silence = RepeatedTimeout(math.inf if seconds is None else seconds)
    try:
        while True:
            try:
                with silence:
                    message = await anext(messages)
            except StopAsyncIteration:
                return
            except DecodeError as error:
                raise MessageUnreadable from error
            except TimeoutError as error:
                raise StreamSilent(f"nothing came for {seconds:g} s: call again") from error
            yield message
    finally:
        silence.close()


async def begin_answers(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Send the headers, before the first write that may be cancelled.

    gRPC notes that they are sent only once the write that carries them has returned. Where it is
    cancelled before that, they are sent again with the status of the call, which then fails, and
    the caller waits for ever.
    """
    await context.send_initial_metadata(())


class MessageWriter:
    """Writes the messages of one stream, one after the other: `write_message` with one timer for
    all of them."""

    def __init__(
        self, context: grpc.aio.ServicerContext[Any, Any], seconds: float = IDLE_SECONDS
    ) -> None:
        self._context = context
        self._seconds = seconds
        self._untaken = RepeatedTimeout(seconds)

    async def write(self, message: object) -> None:
        """
        Raises:
            StreamSilent: the client does not take them in time.
        """
        try:
            with self._untaken:
                await self._context.write(message)
        except TimeoutError as error:
            raise StreamSilent(_untaken(self._seconds)) from error

    def close(self) -> None:
        """No more are written."""
        self._untaken.close()


def _untaken(seconds: float) -> str:
    return f"nothing was taken for {seconds:g} s: call again"


async def write_message(
    context: grpc.aio.ServicerContext[Any, T], message: T, seconds: float = IDLE_SECONDS
) -> None:
    """Send a message, once the client took enough of those before it.

    Raises:
        StreamSilent: it does not take them in time.
    """
    try:
        async with asyncio.timeout(seconds):
            await context.write(message)
    except TimeoutError as error:
        raise StreamSilent(_untaken(seconds)) from error
