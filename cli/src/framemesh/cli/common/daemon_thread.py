"""A thread for calls that may hang."""

import asyncio
import queue
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Self, TypeVar

T = TypeVar("T")

END_SECONDS = 0.05
"""For a thread that has nothing more to do."""

_started: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


class DaemonThread:
    """Runs calls one after another, and never holds up the end of the program.

    A camera that stalls keeps OpenCV for 30 s. A thread of asyncio's pool would be waited for.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        _started.add(thread)
        thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the thread end once the call that it runs has ended; nobody waits for that."""
        self._calls.put(None)

    async def call(self, function: Callable[[], T]) -> T:
        """What `function` returns or raises. If this is cancelled, `function` runs to its end."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put(partial(_settle, future, function))
        return await future

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def still_running() -> bool:
    """Whether a call has not come back, of which nobody waits for the end."""
    for thread in list(_started):
        thread.join(END_SECONDS)
    return any(thread.is_alive() for thread in _started)


def _settle(future: asyncio.Future[Any], function: Callable[[], Any]) -> None:
    done: Callable[[], None]
    try:
        done = partial(future.set_result, function())
    except Exception as error:  # noqa: BLE001  the caller gets it
        done = partial(future.set_exception, error)
    # The loop is closed once the program ends.
    with suppress(RuntimeError):
        future.get_loop().call_soon_threadsafe(_unless_cancelled, future, done)


def _unless_cancelled(future: asyncio.Future[Any], done: Callable[[], None]) -> None:
    if not future.done():
        done()
