"""The dashboard is HTTPS where other machines reach it, with the newest certificate."""

import asyncio
import ssl
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from framemesh.monitor.dashboard.http.server import http_server
from framemesh.runtime.connect_options import ConnectOptions, PlaintextRefused
from framemesh.tls.contexts import client_context
from framemesh.tls.files import TlsFiles
from tests.certificates import Certificates
from tests.waiting import eventually

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

EVERYWHERE = "0.0.0.0:0"


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.scheme)


APPLICATION = Starlette(routes=[Route("/", hello)])


async def answer(port: int, context: ssl.SSLContext | None) -> tuple[bytes, bytes]:
    """The body of the page, and the certificate of the server as DER; nothing until it listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    except ConnectionRefusedError:
        return b"", b""
    try:
        writer.write(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        _, _, body = (await reader.read()).partition(b"\r\n\r\n")
        found = writer.get_extra_info("ssl_object")
        return body, found.getpeercert(binary_form=True) if found else b""
    finally:
        writer.close()


def der(files: TlsFiles) -> bytes:
    assert files.certificate is not None
    return ssl.PEM_cert_to_DER_cert(Path(files.certificate).read_text())


async def test_it_is_encrypted_where_others_reach_it_and_asks_for_no_certificate(
    tmp_path: Path,
) -> None:
    certificates = Certificates.create(tmp_path / "certs")
    files = certificates.server()
    context = client_context(TlsFiles(certificates.ca))
    async with http_server(EVERYWHERE, APPLICATION, ConnectOptions(tls=files)) as port:
        found = await eventually(partial(answer, port, context), until=any)
        assert found == (b"https", der(files))
        new = der(certificates.server())

        async def shows_the_new_one() -> bool:
            return (await answer(port, context))[1] == new

        await eventually(shows_the_new_one)


async def test_this_machine_needs_no_certificate_for_it(tmp_path: Path) -> None:
    files = Certificates.create(tmp_path / "certs").server()
    async with http_server("127.0.0.1:0", APPLICATION, ConnectOptions(tls=files)) as port:
        assert await eventually(partial(answer, port, None), until=any) == (b"http", b"")


async def test_it_is_not_served_to_others_in_plaintext() -> None:
    with pytest.raises(PlaintextRefused):
        async with http_server(EVERYWHERE, APPLICATION):
            pass
