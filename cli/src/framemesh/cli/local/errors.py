"""Why a mesh was not started or stopped."""

from framemesh.core.errors import Code, FramemeshError


class AlreadyRunning(FramemeshError):
    """Another supervisor has the data folder."""

    code = Code.CONFLICT


class PortTaken(FramemeshError):
    """Something else listens where a program should."""

    code = Code.CONFLICT


class NotPermitted(FramemeshError):
    """The mesh belongs to another user."""

    code = Code.CONFLICT


class StartFailed(FramemeshError):
    """A program ended, or was not ready in time."""

    code = Code.UNAVAILABLE
