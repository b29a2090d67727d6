"""What can go wrong between the master and the swarm."""

from framemesh.core.errors import Code, FramemeshError


class SwarmUnavailable(FramemeshError):
    """Docker does not answer, or the swarm elects a leader: try again."""

    code = Code.UNAVAILABLE


class SocketForbidden(FramemeshError):
    """This process may not use the socket of Docker; a moment later it may not either."""

    code = Code.CONFLICT


class NoSwarmManager(FramemeshError):
    """The Docker that was asked does not manage a swarm."""

    code = Code.CONFLICT


class ServiceChanged(FramemeshError):
    """Somebody else changed a service meanwhile: look again before changing it."""

    code = Code.CONFLICT


class ServiceRefused(FramemeshError):
    """The swarm does not take a service as it is described."""

    code = Code.INVALID
