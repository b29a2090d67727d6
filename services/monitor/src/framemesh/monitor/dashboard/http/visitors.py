"""Which requests are answered at all: not those that another site sends through a browser."""

from collections.abc import Iterable
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from framemesh.monitor.dashboard.http.refusals import refuse

FORBIDDEN = 403


class VisitorCheck:
    """Refuses a request for a host that is not ours, or from a page that is not ours.

    A page of another site can have its own name resolve to our address (DNS rebinding), and then
    ask whatever it likes: its requests have that name as their host. An address cannot be lent like
    that. A WebSocket may be opened by any page, which is then named as its origin.
    """

    def __init__(self, application: ASGIApp, hosts: Iterable[str]) -> None:
        """`hosts`: further names under which people reach the dashboard."""
        self._application = application
        self._hosts = {"localhost", gethostname().lower(), *map(str.lower, hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if why := self._problem(Headers(scope=scope)):
            await refuse(FORBIDDEN, why)(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def _problem(self, headers: Headers) -> str:
        host = headers.get("host", "")
        name = _name(host)
        if not self._is_ours(name):
            return (
                f"the dashboard is not known as {name[:80]!r}: use its address, or name it in "
                "FRAMEMESH_MONITOR_HOSTS"
            )
        origin = headers.get("origin")
        if origin is not None and _place(origin) != host.lower():
            return f"the dashboard answers its own page, not that of {origin[:80]!r}"
        return ""

    def _is_ours(self, name: str) -> bool:
        try:
            ip_address(name)
        except ValueError:
            return name in self._hosts
        return True


def _place(origin: str) -> str:
    """Host and port of an Origin header; empty: it has none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """Of a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
