"""Serves the metrics of this process over HTTP, however often somebody asks.

Where calls need a token, so do they: one for the whole mesh, since metrics name pipelines and
cameras.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from framemesh.core.identity.errors import Unauthenticated
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.identity.shown_token import NO_TOKEN, bearer
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.server_contexts import server_contexts

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from framemesh.runtime.metrics.http_server import PageServer

log = get_logger()

FRESH_SECONDS = 1.0
"""A page is made at most so often; who asks sooner gets the same one."""

LOOP_SECONDS = 1.0
"""For the event loop to tell what was measured; where it is stuck, the last page is served."""


class Page:
    """The page of a meter, made where nobody else works: not on the event loop."""

    def __init__(self, meter: MemoryMeter, loop: asyncio.AbstractEventLoop) -> None:
        self._meter = meter
        self._loop = loop
        self._lock = threading.Lock()
        self._made = b""
        self._made_at = -FRESH_SECONDS

    def get(self) -> bytes:
        """Blocks while it is made, for LOOP_SECONDS and some milliseconds at most."""
        with self._lock:
            if time.monotonic() - self._made_at >= FRESH_SECONDS:
                self._make()
                self._made_at = time.monotonic()
            return self._made

    def _make(self) -> None:
        # Only who is asked needs it: importing it takes 30 ms.
        from framemesh.runtime.metrics.exposition import page  # noqa: PLC0415

        asking = asyncio.run_coroutine_threadsafe(self._meter.snapshots(), self._loop)
        try:
            self._made = page(asking.result(LOOP_SECONDS))
        except TimeoutError:
            asking.cancel()


@asynccontextmanager
async def metrics_endpoint(
    address: str, meter: MemoryMeter, options: ConnectOptions = DEFAULT
) -> AsyncIterator[None]:
    """Serve while the context lasts. Where something else listens, one line says so: frames do not
    depend on it.

    Encrypted as the options say, unless only this machine reaches the port.

    Raises:
        PlaintextRefused: other machines reach it, and nothing would be encrypted.
    """
    options.check_port(address)
    page = Page(meter, asyncio.get_running_loop())
    # Beside the start of the service, which does not wait for it.
    async with background_task(_serve(address, page, options)):
        yield


async def _serve(address: str, page: Page, options: ConnectOptions) -> None:
    host, _, port = address.rpartition(":")
    try:
        context = await asyncio.to_thread(server_contexts, options, address)
        keeper = options.gatekeeper
        check = None if keeper is None else partial(_check, keeper)
        server = await asyncio.to_thread(_open, host.strip("[]"), int(port), page, context, check)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        log.warning("metrics are not served", address=address, reason=reason)
        return
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        await asyncio.Event().wait()
    finally:
        # Nothing waits for it: the process ends next, and the thread with it.
        threading.Thread(target=server.shutdown, daemon=True).start()
        server.server_close()


def _open(
    host: str,
    port: int,
    page: Page,
    context: "Callable[[], ssl.SSLContext] | None",
    check: "Callable[[str | None], None] | None",
) -> "PageServer":
    # Importing it takes 12 ms: not while the service starts.
    from framemesh.runtime.metrics.http_server import PageServer  # noqa: PLC0415

    return PageServer(host, port, page.get, context, check)


def _check(keeper: Gatekeeper, header: str | None) -> None:
    """
    Raises:
        Unauthenticated, Forbidden: who asks gets no metrics.
    """
    if header is None:
        raise Unauthenticated(NO_TOKEN)
    # A process without a broker, as an agent, does not know what was revoked.
    keeper.identify(bearer(header), revocations=False).caller.require_mesh()
