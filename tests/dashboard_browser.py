"""What a browser does with the dashboard's live connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ANSWER_SECONDS = 20.0
"""For what takes a fraction of a second, on a machine that has much else to do."""


@dataclass
class Browser:
    """One live connection."""

    socket: ClientConnection

    async def ask(self, **request: Any) -> None:
        await self.socket.send(json.dumps(request))

    async def message(self, kind: str, until: Callable[[Any], Any] = lambda _: True) -> Any:
        """The next text of a type for which `until` is true; all others are passed over."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                received = await self.socket.recv()
                if isinstance(received, str):
                    found = json.loads(received)
                    if found["type"] == kind and until(found):
                        return found

    async def picture(self) -> tuple[Any, bytes]:
        """Header and JPEG of the next picture."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                received = await self.socket.recv()
                if isinstance(received, bytes):
                    return split_picture(received)


def split_picture(message: bytes) -> tuple[Any, bytes]:
    end = 4 + int.from_bytes(message[:4], "big")
    return json.loads(message[4:end]), message[end:]


@asynccontextmanager
async def open_browser(address: str, **headers: str) -> AsyncIterator[Browser]:
    """Look at the dashboard at host:port."""
    async with connect(
        f"ws://{address}/api/v1/live", additional_headers=headers, proxy=None, max_size=None
    ) as socket:
        yield Browser(socket)
