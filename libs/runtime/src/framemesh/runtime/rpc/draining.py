"""Ends endless calls when a server shuts down, so that it need not wait for them."""

import asyncio
from typing import NoReturn

from framemesh.core.errors import Code, FramemeshError


class ServerDraining(FramemeshError):
    """The server shuts down; another server, or its successor, takes the call."""

    code = Code.UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("the server is shutting down: call again")


async def raise_when_draining(leaving: asyncio.Event) -> NoReturn:
    """Run beside an endless call.

    Raises:
        ServerDraining: when `leaving` is set.
    """
    await leaving.wait()
    raise ServerDraining
