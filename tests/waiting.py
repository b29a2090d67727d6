"""Waiting for what takes a while: the one poller of the tests."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

EVENTUALLY_SECONDS = 20.0
"""For what takes a fraction of a second, on a machine that has much else to do."""

FIRST_PAUSE_SECONDS = 0.001
MAX_PAUSE_SECONDS = 0.05
MAX_REST_SECONDS = 2.0
"""After an answer that took long: one that waited for what is away cost nobody anything."""


@overload
async def eventually(
    ask: Callable[[], Awaitable[T]],
    seconds: float = EVENTUALLY_SECONDS,
    *,
    until: Callable[[T], bool] = bool,
) -> T: ...


@overload
async def eventually(
    ask: Callable[[], T],
    seconds: float = EVENTUALLY_SECONDS,
    *,
    until: Callable[[T], bool] = bool,
) -> T: ...


async def eventually(
    ask: Callable[[], Any],
    seconds: float = EVENTUALLY_SECONDS,
    *,
    until: Callable[[Any], bool] = bool,
) -> Any:
    """Ask, again and again, until the answer is true, or what `until` says; returns it.

    After an answer it rests for as long as that took: to ask may cost what is waited for its CPU.

    Raises:
        TimeoutError: it was not, for so many seconds; the last answer is noted.
    """
    pause, answer = FIRST_PAUSE_SECONDS, None
    try:
        async with asyncio.timeout(seconds):
            while True:
                asked = time.monotonic()
                found = ask()
                answer = await found if inspect.isawaitable(found) else found
                if until(answer):
                    return answer
                took = min(time.monotonic() - asked, MAX_REST_SECONDS)
                await asyncio.sleep(max(pause, took))
                pause = min(2 * pause, MAX_PAUSE_SECONDS)
    except TimeoutError as error:
        error.add_note(f"not within {seconds:g} s; the last answer: {answer!r}")
        raise
