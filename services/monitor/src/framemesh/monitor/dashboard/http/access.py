"""Who asks the dashboard, and what they may see and change."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from framemesh.core.errors import FramemeshError
from framemesh.core.identity.caller import EVERYBODY, Caller
from framemesh.core.identity.errors import Forbidden, Unauthenticated
from framemesh.core.identity.roles import Role
from framemesh.core.identity.scope import WHOLE_MESH
from framemesh.monitor.dashboard.http.refusals import STATUS, refuse
from framemesh.monitor.dashboard.http.token import ReadOnly, TokenCheck
from framemesh.runtime.identity.caller import caller, set_caller
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.identity.shown_token import bearer

READER = Caller("", Role.VIEWER, WHOLE_MESH)
"""Who looks at a dashboard that asks for no tokens."""

NEEDED = "this dashboard asks for a token: open it with #token=TOKEN after its address"

API = "/api/"


class DashboardAccess:
    """With a gatekeeper, whoever its tokens are for, and nobody else. Without one everybody may
    look, and who has the token of the dashboard may change something."""

    def __init__(self, keeper: Gatekeeper | None, token: TokenCheck) -> None:
        self._keeper = keeper
        self._token = token

    def identify(self, token: str | None) -> Caller:
        """Who sent this; None: nothing was sent.

        Raises:
            WrongToken, Unauthenticated, RevocationsUnknown: the caller sees nothing.
        """
        if self._keeper is None:
            return EVERYBODY if self._token.allows(token) else READER
        if token is None:
            raise Unauthenticated(NEEDED)
        return self._keeper.identify(token).caller

    async def ready(self) -> None:
        """Wait a moment, until it is known which tokens count."""
        if self._keeper is not None:
            await self._keeper.ready()

    def of_header(self, header: str | None) -> Caller:
        """The same for the header authorization.

        Raises:
            WrongToken, Unauthenticated, RevocationsUnknown: the caller sees nothing.
        """
        if header is None or self._keeper is None:
            return self.identify(None if header is None else header.removeprefix("Bearer "))
        return self.identify(bearer(header))

    def refused(self, error: FramemeshError, method: str, peer: str) -> None:
        """Tell that somebody saw nothing."""
        if self._keeper is not None:
            self._keeper.tell_refusal(error, method, peer)


def require_change() -> None:
    """
    Raises:
        ReadOnly, Forbidden: who asks may not change anything.
    """
    who = caller()
    if who is READER:
        raise ReadOnly("only who has the token of the dashboard may do this")
    if not who.may_change:
        raise Forbidden(f"the token of {who.role.value} {who.name!r} changes nothing")


class AccessCheck:
    """Finds out who asks, before anything is answered but the page itself. A live connection says
    who it is in its messages."""

    def __init__(self, application: ASGIApp, access: DashboardAccess) -> None:
        self._application = application
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API):
            await self._access.ready()
            try:
                set_caller(self._access.of_header(Headers(scope=scope).get("authorization")))
            except FramemeshError as error:
                client = scope.get("client") or ("",)
                self._access.refused(error, scope["path"][:80], str(client[0]))
                await refuse(STATUS.get(error.code, 401), str(error))(scope, receive, send)
                return
        await self._application(scope, receive, send)
