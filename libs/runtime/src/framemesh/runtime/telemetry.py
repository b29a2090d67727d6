"""The port through which a service is measured: spans, durations and counts.

app.py hands one `Telemetry` to what is measured. Until there is something that collects, that is
`NO_TELEMETRY`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import grpc.aio


class Telemetry(Protocol):
    """Takes measurements. No method blocks, or raises, whatever becomes of what it is given.

    Attributes have few values: no camera, session or frame is among them.
    """

    @property
    def server_interceptors(self) -> Sequence[grpc.aio.ServerInterceptor]:
        """Around each call that this process answers."""

    @property
    def channel_interceptors(self) -> Sequence[grpc.aio.ClientInterceptor]:
        """Around each call that this process makes."""

    def span(self, name: str, **attributes: str) -> AbstractContextManager[None]:
        """Times the body of the context, as a child of the span around it."""

    def duration(self, name: str, seconds: float, **attributes: str) -> None:
        """Something took so long."""

    def count(self, name: str, amount: int = 1, **attributes: str) -> None:
        """Something happened."""


class NoTelemetry:
    """Measures nothing."""

    server_interceptors: Sequence[grpc.aio.ServerInterceptor] = ()
    channel_interceptors: Sequence[grpc.aio.ClientInterceptor] = ()

    def span(self, name: str, **attributes: str) -> AbstractContextManager[None]:
        return nullcontext()

    def duration(self, name: str, seconds: float, **attributes: str) -> None:
        pass

    def count(self, name: str, amount: int = 1, **attributes: str) -> None:
        pass


NO_TELEMETRY: Telemetry = NoTelemetry()
