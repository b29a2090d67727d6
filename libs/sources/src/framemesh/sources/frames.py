"""Frames of a source in a plain loop, for programs without asyncio."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from framemesh.sources.locations import locate
from framemesh.sources.messages import SourceFrame
from framemesh.sources.spec import SourceSpec
from framemesh.sources.supervision.items import Item
from framemesh.sources.supervision.source import WatchedSource

T = TypeVar("T")


def frames(source: str | SourceSpec) -> Iterator[SourceFrame]:
    """Each frame of a file, or the newest one of a live source each time that one is asked for:
    however slow the loop is, it never falls behind.

    `source` is what `framemesh push` takes. Entries of a folder that cannot be read are left out. A
    live source that breaks off is opened again.

    Raises:
        SourceFailed, SourceTimedOut, SourceUnreadable: it cannot be opened.
        SourceIncomplete: after its last frame: it declares to have more.
    """
    spec = locate(source) if isinstance(source, str) else source
    with _loop() as loop:
        watched = WatchedSource(spec)
        _done(loop, watched.__aenter__())
        try:
            items = aiter(watched)
            while (item := _done(loop, _next(items))) is not None:
                if isinstance(item, SourceFrame):
                    yield item
        finally:
            _done(loop, watched.__aexit__(None, None, None))


async def _next(items: AsyncIterator[Item]) -> Item | None:
    return await anext(items, None)


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread: it goes on while the caller is busy."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="framemesh-source", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _done(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Its result; interrupted, it is cancelled."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
