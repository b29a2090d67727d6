"""What requests have in their paths and queries. What they name must be the caller's to see."""

from starlette.requests import Request

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.frame import FrameId
from framemesh.core.names import check_name
from framemesh.runtime.identity.caller import caller

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""Entries in one page."""


class InvalidParameter(FramemeshError):
    """A part of the address is not what it must be."""

    code = Code.INVALID


def pipeline_of(request: Request) -> str:
    """
    Raises:
        InvalidName: it is no name.
        Forbidden: it is not the caller's.
    """
    found = check_name("pipeline", request.path_params["pipeline"])
    caller().require_pipeline(found)
    return found


def whole_pipeline_of(request: Request) -> str:
    """A pipeline about all of whose cameras something is asked.

    Raises:
        InvalidName: it is no name.
        Forbidden: one of its cameras is not the caller's.
    """
    found = pipeline_of(request)
    caller().require_whole(found)
    return found


def camera_of(request: Request) -> str:
    """
    Raises:
        InvalidName: it is no name.
        Forbidden: it is not the caller's.
    """
    found = check_name("camera", request.path_params["camera"])
    caller().require_camera(pipeline_of(request), found)
    return found


def camera_in_query(request: Request) -> str:
    """Of the pipeline in the path; empty: all of its cameras.

    Raises:
        InvalidName: it cannot be one.
        Forbidden: it is not the caller's, or one of all is not.
    """
    found = name_of(request, "camera")
    caller().require_camera(pipeline_of(request), found)
    return found


def frame_of(request: Request) -> FrameId:
    """
    Raises:
        InvalidName, InvalidParameter: it is no frame's id.
        Forbidden: its camera is not the caller's.
    """
    path = request.path_params
    camera = camera_of(request)
    session = check_name("session", path["session"])
    return FrameId(camera, session, _number("sequence", path["sequence"], 1, 2**63))


def limit_of(request: Request) -> int:
    """
    Raises:
        InvalidParameter: it is no number, or too large a one.
    """
    return _number("limit", request.query_params.get("limit", str(DEFAULT_LIMIT)), 1, MAX_LIMIT)


def number_of(request: Request, name: str, default: int, most: int) -> int:
    """
    Raises:
        InvalidParameter: it is no number from 0 to `most`.
    """
    return _number(name, request.query_params.get(name, str(default)), 0, most)


def name_of(request: Request, name: str) -> str:
    """A name in the query; empty: there is none.

    Raises:
        InvalidName: it cannot be one.
    """
    found = request.query_params.get(name, "")
    return check_name(name, found) if found else ""


def _number(name: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most):
        raise InvalidParameter(f"{name} is a number from {least} to {most}, not {text[:40]!r}")
    return int(text)
