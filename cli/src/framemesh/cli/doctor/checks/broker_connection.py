"""A connection to the broker for one check."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from framemesh.cli.common.connecting import connect_options
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker, broker

KNOCK_SECONDS = 2.0
"""For a server to accept a connection."""


class NobodyListens(FramemeshError):
    """No server of the broker accepts a connection."""

    code = Code.UNAVAILABLE


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Broker]:
    """
    Raises:
        NobodyListens: where a client would try again for ever.
    """
    async with TaskGroup() as tasks:
        knocks = [tasks.create_task(_listens(each)) for each in url.split(",")]
    if not any(knock.result() for knock in knocks):
        servers = ",".join(map(url_without_credentials, url.split(",")))
        raise NobodyListens(f"nothing answers at {servers}: start the broker, or correct the URL")
    async with broker(url, "doctor", connect_options()) as found:
        yield found


async def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(KNOCK_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 4222)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True
