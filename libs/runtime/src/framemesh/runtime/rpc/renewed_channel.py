"""A channel whose certificates are replaced while it is used."""

import weakref
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from framemesh.tls.files import Material
from framemesh.tls.watched import WatchedFiles


class RenewedChannel(grpc.aio.Channel):
    """The channel of the newest certificates.

    gRPC for Python keeps the certificates of a channel as they were when it was made. So a new call
    goes over a new channel once the files have changed; calls in progress end on the one that they
    began on, which closes with the last of them.
    """

    def __init__(
        self, watched: WatchedFiles, open_channel: Callable[[Material], grpc.aio.Channel]
    ) -> None:
        self._watched = watched
        self._open = open_channel
        self._version, material = watched.current()
        self._newest = open_channel(material)
        self._retired: weakref.WeakSet[grpc.aio.Channel] = weakref.WeakSet()
        """Kept alive by their calls."""

    def unary_unary(self, *method: Any, **options: Any) -> Any:
        return self._method("unary_unary", method, options)

    def unary_stream(self, *method: Any, **options: Any) -> Any:
        return self._method("unary_stream", method, options)

    def stream_unary(self, *method: Any, **options: Any) -> Any:
        return self._method("stream_unary", method, options)

    def stream_stream(self, *method: Any, **options: Any) -> Any:
        return self._method("stream_stream", method, options)

    async def close(self, grace: float | None = None) -> None:
        for channel in (*self._retired, self._newest):
            await channel.close(grace)

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._newest.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._newest.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._newest.channel_ready()

    def _method(self, kind: str, method: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """A function that begins a call as gRPC's own does."""

        def begin(*arguments: Any, **call_options: Any) -> Any:
            channel = self._current()
            call = getattr(channel, kind)(*method, **options)(*arguments, **call_options)
            # gRPC closes a channel that nobody refers to, and the calls on it.
            call.add_done_callback(lambda _, channel=channel: None)
            return call

        return begin

    def _current(self) -> grpc.aio.Channel:
        version, material = self._watched.current()
        if version != self._version:
            self._version = version
            self._retired.add(self._newest)
            self._newest = self._open(material)
        return self._newest
