import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from framemesh.monitor.dashboard.http.visitors import VisitorCheck

SERVED = 200


async def status(host: str | None, origin: str | None = None) -> int:
    headers = [(b"host", host.encode())] if host is not None else []
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    check = VisitorCheck(PlainTextResponse("hello"), ["Mesh.example"])
    await check(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7400", "10.0.0.5", "[::1]:7400", "localhost", "LOCALHOST:80", "mesh.example:7400"],
)
async def test_addresses_and_known_names_are_answered(host: str) -> None:
    assert await status(host) == SERVED


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", None, "[::1", "a b"],
)
async def test_other_names_are_refused(host: str | None) -> None:
    assert await status(host) == 403


@pytest.mark.parametrize("origin", ["http://10.0.0.5:7400", "https://10.0.0.5:7400"])
async def test_a_page_of_ours_may_ask(origin: str) -> None:
    assert await status("10.0.0.5:7400", origin) == SERVED


@pytest.mark.parametrize(
    "origin", ["http://10.0.0.5", "http://evil.example", "null", "", "http://[", "10.0.0.5:7400"]
)
async def test_a_page_of_somebody_else_may_not(origin: str) -> None:
    assert await status("10.0.0.5:7400", origin) == 403
