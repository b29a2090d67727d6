"""Errors as answers: one clear line as JSON."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from framemesh.core.errors import Code, FramemeshError
from framemesh.monitor.dashboard.messages.base import Message, Refusal
from framemesh.runtime.logs import get_logger

log = get_logger()

STATUS = {
    Code.INVALID: 400,
    Code.NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.EXHAUSTED: 429,
    Code.UNAVAILABLE: 503,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.INTERNAL: 500,
}


def answer(message: Message, status: int = 200) -> Response:
    """A message as JSON. It is about now, so nobody keeps it."""
    return Response(
        message.model_dump_json(),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def refuse(status: int, why: str) -> Response:
    return answer(Refusal(error=why), status)


async def on_framemesh_error(request: HTTPConnection, error: Exception) -> Response:
    code = error.code if isinstance(error, FramemeshError) else Code.INTERNAL
    return refuse(STATUS[code], str(error))


async def on_http_error(request: HTTPConnection, error: Exception) -> Response:
    """What Starlette itself refuses: an unknown path or method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    why = error.detail if isinstance(error, HTTPException) else "it failed"
    return refuse(status, f"{request.url.path[:200]}: {why.lower()}")


async def on_fault(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has it, not the caller."""
    log.error("request failed", path=request.url.path, exc_info=error)
    return refuse(500, "the monitor failed at this: its log says why")
