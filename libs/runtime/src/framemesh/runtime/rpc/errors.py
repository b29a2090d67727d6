"""Converts named errors into gRPC statuses: the only place that does."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.logs import get_logger

log = get_logger()

STATUS = {
    Code.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Code.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Code.CONFLICT: grpc.StatusCode.FAILED_PRECONDITION,
    Code.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Code.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Code.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Code.INTERNAL: grpc.StatusCode.INTERNAL,
}

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Ends a call whose handler raised a FramemeshError with its status and message."""

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        return with_behaviour(handler, lambda behaviour: _wrapped(behaviour, method))


def with_behaviour(handler: Any, wrap: Callable[[Any], Any]) -> Any:
    """A handler of gRPC with `wrap` around its function, whatever kind of call it is for."""
    for kind in ("unary_unary", "stream_unary", "unary_stream", "stream_stream"):
        if behaviour := getattr(handler, kind):
            return handler._replace(**{kind: wrap(behaviour)})
    raise AssertionError(f"a handler of no kind: {handler}")


def _wrapped(behaviour: Any, method: str) -> Any:
    # Handlers that stream write to the context; only those of gRPC itself (health, reflection) are
    # generators, and they know no errors of ours.
    if inspect.isasyncgenfunction(behaviour):
        return behaviour

    async def answer(request: Any, context: Any) -> Any:
        try:
            return await behaviour(request, context)
        except Exception as error:  # noqa: BLE001  the boundary of a call
            await _abort(context, error, method)

    return answer


async def _abort(context: Any, error: Exception, method: str) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    named = _named(error)
    if named is not None:
        await context.abort(STATUS[named.code], str(named))
    if _is_gone(error):
        log.debug("caller is gone", method=method)
        return
    log.error("call failed", method=method, exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")


def _is_gone(error: BaseException) -> bool:
    """Whether the answer could not be sent because the caller is gone."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_gone, error.exceptions))
    return isinstance(error, grpc.aio.BaseError)


def _named(error: BaseException) -> FramemeshError | None:
    """The FramemeshError that it is, or the first of a group that has only such errors."""
    if isinstance(error, BaseExceptionGroup):
        named = [_named(inner) for inner in error.exceptions]
        return named[0] if None not in named else None
    return error if isinstance(error, FramemeshError) else None
