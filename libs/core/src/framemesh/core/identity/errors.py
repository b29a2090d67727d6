"""Why a call is refused for who makes it."""

from framemesh.core.errors import Code, FramemeshError


class Unauthenticated(FramemeshError):
    """The caller has no token, or one that does not count."""

    code = Code.UNAUTHENTICATED


class Forbidden(FramemeshError):
    """The caller is known, and may not do this."""

    code = Code.FORBIDDEN
