"""The port through which a service is measured.

`run_configured` hands one `Telemetry` to app.py, which hands it to what is measured. A test, or who
asked for nothing, has `NO_TELEMETRY`. Traces of frames have a port of their own, in `tracing/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framemesh.runtime.metrics.meter import NO_METER, Meter

if TYPE_CHECKING:
    # A process that only keeps others running is measured, too, and needs no gRPC: a fifth of it.
    import grpc.aio


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What takes measurements."""

    meter: Meter = NO_METER
    """Rates, sizes and durations, by the table of metrics."""
    server_interceptors: "Sequence[grpc.aio.ServerInterceptor]" = ()
    """Around each call that this process answers."""
    channel_interceptors: "Sequence[grpc.aio.ClientInterceptor]" = ()
    """Around each call that this process makes."""


NO_TELEMETRY = Telemetry()
