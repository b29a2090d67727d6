"""What can be wrong with a call to the master."""

from framemesh.core.errors import Code, FramemeshError


class TooManyWorkers(FramemeshError):
    """A node reports more workers than a node may have."""

    code = Code.EXHAUSTED


class MalformedCall(FramemeshError):
    """The messages of a call do not follow its protocol."""

    code = Code.INVALID


class MeshOpen(FramemeshError):
    """There are no tokens here that could be revoked."""

    code = Code.CONFLICT
