"""Whether a caller may make a call."""

from typing import Any

from framemesh.core.identity.access import OPEN, TABLE, Access
from framemesh.core.identity.caller import Caller
from framemesh.core.identity.errors import Forbidden


def is_open(method: str) -> bool:
    """Whether anybody may call `SERVICE/METHOD`."""
    return method.partition("/")[0] in OPEN


def check_method(caller: Caller, method: str) -> Access:
    """The row of `SERVICE/METHOD`.

    Raises:
        Forbidden: the caller's role is none of its own, or nobody may call it.
    """
    access = TABLE.get(method)
    if access is None or caller.role not in access.roles:
        name = method.rpartition("/")[2]
        raise Forbidden(f"the token of {caller.role.value} {caller.name!r} is not for {name}")
    if not access.filtered and not access.pipeline:
        caller.require_mesh()
    return access


def check_request(caller: Caller, access: Access, request: Any) -> None:
    """Check what a request names.

    Raises:
        Forbidden: it is not the caller's.
    """
    if access.filtered or not access.pipeline:
        return
    pipeline = _field(request, access.pipeline)
    if not pipeline:
        caller.require_mesh()
    elif access.camera is None:
        caller.require_whole(pipeline)
    else:
        caller.require_camera(pipeline, _field(request, access.camera))


def _field(request: Any, path: str) -> str:
    for name in path.split("."):
        request = getattr(request, name)
    return str(request)
