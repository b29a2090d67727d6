"""What can be wrong with a call to the master."""

from framemesh.core.errors import Code, FramemeshError


class MalformedCall(FramemeshError):
    """The messages of a call do not follow its protocol."""

    code = Code.INVALID
