"""How a token travels: `authorization: Bearer TOKEN`, with gRPC and with HTTP."""

from collections.abc import Iterable

from framemesh.core.identity.errors import Unauthenticated

HEADER = "authorization"
SCHEME = "Bearer "

NO_TOKEN = "a token is needed: set FRAMEMESH_TOKEN_FILE, or send `authorization: Bearer TOKEN`"  # noqa: S105


def metadata_of(token: str) -> tuple[tuple[str, str], ...]:
    """What a call with this token has; nothing for an empty one."""
    return ((HEADER, f"{SCHEME}{token}"),) if token else ()


def token_of(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """The token that a call shows.

    Raises:
        Unauthenticated: none, or several.
    """
    found = [value for key, value in metadata if key == HEADER]
    if not found:
        raise Unauthenticated(NO_TOKEN)
    if len(found) > 1:
        raise Unauthenticated("the call has several tokens: send one")
    return bearer(found[0])


def bearer(header: str | bytes) -> str:
    """The token in a header.

    Raises:
        Unauthenticated: there is none.
    """
    if isinstance(header, bytes) or header[: len(SCHEME)].lower() != SCHEME.lower():
        raise Unauthenticated("the header authorization is no `Bearer TOKEN`")
    return header[len(SCHEME) :].strip()
