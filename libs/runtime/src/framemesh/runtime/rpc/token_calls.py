"""Shows the token of this process with each call that it makes."""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from framemesh.runtime.identity.shown_token import metadata_of
from framemesh.runtime.identity.token_source import NO_TOKEN, TokenSource


def aio_interceptors(source: TokenSource) -> list[grpc.aio.ClientInterceptor]:
    """For a channel of asyncio; none where there is no token to show."""
    if source == NO_TOKEN:
        return []
    # A class for each kind: gRPC counts an interceptor for the first kind that it is of, and no
    # other.
    kinds = (_AioUnaryUnary, _AioUnaryStream, _AioStreamUnary, _AioStreamStream)
    return [kind(source) for kind in kinds]


def sync_channel_with(source: TokenSource, channel: grpc.Channel) -> grpc.Channel:
    """The same channel, whose calls show the token."""
    return channel if source == NO_TOKEN else grpc.intercept_channel(channel, _Sync(source))


class _Aio:
    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def _call(self, continuation: Callable[[Any, Any], Any], details: Any, sent: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()), *metadata_of(self._source.token()))
        return await continuation(details._replace(metadata=metadata), sent)


class _AioUnaryUnary(_Aio, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await self._call(continuation, details, request)


class _AioUnaryStream(_Aio, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await self._call(continuation, details, request)


class _AioStreamUnary(_Aio, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await self._call(continuation, details, requests)


class _AioStreamStream(_Aio, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await self._call(continuation, details, requests)


class _Sync(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def _call(self, continuation: Callable[[Any, Any], Any], details: Any, sent: Any) -> Any:
        metadata = (*(details.metadata or ()), *metadata_of(self._source.token()))
        return continuation(_Details(details, metadata), sent)

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return self._call(continuation, details, request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return self._call(continuation, details, request)

    def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return self._call(continuation, details, requests)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return self._call(continuation, details, requests)


class _Details(grpc.ClientCallDetails):
    """Those of a call with other metadata."""

    def __init__(self, details: Any, metadata: tuple[tuple[str, str], ...]) -> None:
        self.method = details.method
        self.timeout = details.timeout
        self.metadata = metadata
        self.credentials = details.credentials
        self.wait_for_ready = details.wait_for_ready
        self.compression = details.compression
