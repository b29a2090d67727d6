"""The WebSocket at /api/v1/live."""

from starlette.websockets import WebSocket

from framemesh.monitor.dashboard.http.access import DashboardAccess
from framemesh.monitor.dashboard.live.connection import TRY_LATER, Connection, end
from framemesh.monitor.dashboard.live.sources import LiveSources
from framemesh.runtime.logs import get_logger

log = get_logger()

MAX_BROWSERS = 64
"""Each may hold a picture a camera that it looks at, and what the system has for its socket."""


class LiveEndpoint:
    """Bounds how many browsers look at once."""

    def __init__(self, sources: LiveSources, access: DashboardAccess) -> None:
        self._sources = sources
        self._access = access
        self._browsers = 0

    async def serve(self, socket: WebSocket) -> None:
        """One browser; the next one after MAX_BROWSERS is told so."""
        await socket.accept()
        if self._browsers >= MAX_BROWSERS:
            await self._refuse(socket)
            return
        self._browsers += 1
        try:
            await self._access.ready()
            await Connection(socket, self._sources, self._access).run()
        finally:
            self._browsers -= 1

    async def _refuse(self, socket: WebSocket) -> None:
        why = f"{MAX_BROWSERS} browsers look at this mesh already: close one, and reload this page"
        log.warning("a browser is refused", why=why)
        await end(socket, TRY_LATER, why)
