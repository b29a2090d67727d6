"""Who may change something: whoever has the token."""

from hmac import compare_digest

from starlette.requests import HTTPConnection
from starlette.responses import Response

from framemesh.core.errors import FramemeshError
from framemesh.monitor.dashboard.http.refusals import refuse

UNAUTHORIZED = 401

SCHEME = "Bearer "


class WrongToken(FramemeshError):
    """The caller has a token, and it is another one."""


class ReadOnly(FramemeshError):
    """The caller has no token, and wants to change something."""


class TokenCheck:
    """Compares tokens in constant time. Without one of its own nobody may change anything."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def allows(self, token: str | None) -> bool:
        """Whether who sent this may change something; None: nothing was sent.

        Raises:
            WrongToken: it is not the right one.
        """
        if token is None:
            return False
        if not self._token:
            raise WrongToken(
                "this dashboard is read-only: set FRAMEMESH_MONITOR_TOKEN where the monitor runs"
            )
        if not compare_digest(self._token, token.encode(errors="replace")):
            raise WrongToken("this is not the token of the dashboard: `framemesh up` prints it")
        return True

    def is_writable(self, request: HTTPConnection) -> bool:
        """The same for the header of a request.

        Raises:
            WrongToken: it is not the right one.
        """
        header = request.headers.get("authorization")
        return self.allows(None if header is None else header.removeprefix(SCHEME))

    def require(self, request: HTTPConnection) -> None:
        """
        Raises:
            WrongToken, ReadOnly: the caller may not change anything.
        """
        if not self.is_writable(request):
            raise ReadOnly("only who has the token of the dashboard may do this")


async def on_denied(request: HTTPConnection, error: Exception) -> Response:
    """401 for both: with the right token it would be done."""
    return refuse(UNAUTHORIZED, str(error))
