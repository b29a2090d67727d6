"""The results of a camera: which stream to open next, and where it goes on. No I/O."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from framemesh.sdk.errors import InvalidArgument
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.reconnection import ReconnectPolicy

QUEUED_RESULTS = 64
"""Read ahead of the program. More wait in the monitor, which sends no faster than they are read."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A stream of results to open."""

    address: str
    pipeline: str
    camera: str
    from_start: bool
    resume_token: str
    opening_seconds: float


class Watcher:
    """Every result once, in the order in which they were stored, whatever breaks meanwhile."""

    def __init__(
        self,
        target: Target,
        options: CameraOptions,
        *,
        from_start: bool,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
    ) -> None:
        """
        Raises:
            InvalidArgument: the camera knows no monitor.
        """
        if not options.monitors:
            raise InvalidArgument(
                "results come from the monitor: give its address, "
                "CameraOptions(monitor='127.0.0.1:7403')"
            )
        self._target = Target(options.monitors, target.pipeline, target.camera)
        self._from_start = from_start
        self._token = ""
        self._monotonic = monotonic
        jitter = jitter or random.Random()  # noqa: S311  spreads reconnects, is no secret
        self._reconnect = ReconnectPolicy(
            self._target,
            options.connect_timeout,
            jitter,
            service="monitor",
            renews_token=options.renews_token,
        )
        self._reconnect.start(monotonic())

    def next_stream(self) -> Watch:
        return Watch(
            self._reconnect.address,
            self._target.pipeline,
            self._target.camera,
            self._from_start,
            self._token,
            self._reconnect.opening_seconds(self._monotonic()),
        )

    def opened(self, token: str) -> None:
        """The monitor told where the stream begins."""
        self._token = token or self._token
        self._reconnect.opened()
        self._reconnect.progressed()

    def received(self, token: str) -> None:
        """A result came."""
        self._token = token

    def ended(self, code: grpc.StatusCode, details: str) -> float:
        """A stream ended: seconds to wait before the next.

        Raises:
            PipelineUnknown, CameraRefused: the next one would end the same way.
            MonitorUnreachable: the first one did not begin in time.
        """
        return self._reconnect.pause(code, details, self._monotonic())
