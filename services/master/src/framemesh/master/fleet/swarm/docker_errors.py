"""The errors of the Docker SDK as ours, in one line each."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError, DockerException
from requests.exceptions import ReadTimeout, RequestException

from framemesh.core.errors import FramemeshError
from framemesh.master.fleet.swarm.errors import (
    NoSwarmManager,
    ServiceChanged,
    ServiceRefused,
    SocketForbidden,
    SwarmUnavailable,
)

_CHANGED = ("update out of sequence", "name conflicts with an existing object")
"""What Docker says where another client was faster."""

_CLIENT_ERRORS = range(400, 500)
_SERVICE_UNAVAILABLE = 503


@contextmanager
def docker_errors(socket: str) -> Iterator[None]:
    """
    Raises:
        SwarmUnavailable, SocketForbidden, NoSwarmManager, ServiceChanged, ServiceRefused: for what
            the SDK raises in the body.
    """
    try:
        yield
    except APIError as error:
        raise _answered(error, socket) from error
    except (DockerException, RequestException) as error:
        raise _not_answered(error, socket) from error


def _answered(error: APIError, socket: str) -> FramemeshError:
    said = " ".join(str(error.explanation or error).split())
    status = error.status_code or 0
    if any(text in said for text in _CHANGED):
        return ServiceChanged("a service was changed by somebody else meanwhile: looking again")
    if status == _SERVICE_UNAVAILABLE and "not a swarm manager" in said:
        return NoSwarmManager(
            f"the Docker at {socket} is no manager of a swarm: run the master on a manager, "
            "or make it one with `docker swarm init`"
        )
    if status in _CLIENT_ERRORS or "invalid" in said:
        return ServiceRefused(f"the swarm refuses: {said}")
    return SwarmUnavailable(f"the swarm does not answer, trying again: {said}")


def _not_answered(error: Exception, socket: str) -> FramemeshError:
    reason = _os_error(error)
    if reason in {errno.EACCES, errno.EPERM}:
        return SocketForbidden(
            f"no permission for the socket of Docker, {socket}: run the master as a member of the "
            "group that owns it"
        )
    if reason in {errno.ENOENT, errno.ECONNREFUSED}:
        return SwarmUnavailable(
            f"no Docker listens at {socket}: start it, or set FRAMEMESH_MASTER_SWARM_SOCKET"
        )
    if isinstance(error, ReadTimeout):
        return SwarmUnavailable(
            f"the Docker at {socket} does not answer, as while the managers of the swarm elect a "
            "leader: trying again"
        )
    line = str(error).partition("\n")[0]
    return SwarmUnavailable(f"the Docker at {socket} cannot be reached: {line}")


def _os_error(error: BaseException, depth: int = 0) -> int | None:
    """The number of the error of the system behind this one: libraries wrap it as an argument."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    behind = [each for each in error.args if isinstance(each, BaseException)]
    behind += [each for each in (error.__cause__, error.__context__) if each is not None]
    for each in behind if depth < 8 else ():  # wrapped four times as of version 7
        if (found := _os_error(each, depth + 1)) is not None:
            return found
    return None
