"""Who may change something: whoever has the token."""

from hmac import compare_digest

from framemesh.core.errors import Code, FramemeshError


class WrongToken(FramemeshError):
    """The caller has a token, and it is another one."""

    code = Code.UNAUTHENTICATED


class ReadOnly(FramemeshError):
    """The caller has no token, and wants to change something."""

    code = Code.UNAUTHENTICATED
    """With the right one it would be done."""


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
