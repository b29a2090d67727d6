"""Runs the process of a service: logs, signals, and one line for a fatal error."""

import asyncio
import errno
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from typing import Protocol, TypeVar

from framemesh.core.errors import FramemeshError, leaves
from framemesh.core.metrics.metric import Service
from framemesh.core.metrics.table import metrics_of
from framemesh.runtime import logs
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.metrics.endpoint import metrics_endpoint
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.metrics.process import (
    measure_build,
    measure_loop_lag,
    measure_process,
    measure_refusals,
    measure_start,
)
from framemesh.runtime.own_certificate import tell_of_own_certificate
from framemesh.runtime.processes.exit_status import PERMANENT_FAILURE, SCARCE_FAILURE
from framemesh.runtime.settings import ServiceSettings, from_environment
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry

SCARCE = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
"""Errors of the system for want of disk, memory, files or processes."""

S = TypeVar("S", bound=ServiceSettings)
S_contra = TypeVar("S_contra", bound=ServiceSettings, contravariant=True)


class Run(Protocol[S_contra]):
    """The `run` of a service's app.py: it returns once it is told to stop, and has."""

    def __call__(
        self, settings: S_contra, stop: asyncio.Event, *, telemetry: Telemetry
    ) -> Awaitable[None]: ...


def run_configured(name: str, kind: type[S], run: Run[S]) -> int:
    """Run a service with settings from the environment, and measure it where they say so.

    Returns the exit status of the process.
    """
    try:
        settings = from_environment(kind)
        settings.check_ports()
    except FramemeshError as error:
        logs.configure(name)
        logs.get_logger().error(str(error))
        return 1
    return run_service(name, partial(_run_measured, name, settings, run), settings.log_level)


async def _run_measured(name: str, settings: S, run: Run[S], stop: asyncio.Event) -> None:
    tls = settings.tls
    async with nullcontext() if tls is None else background_task(tell_of_own_certificate(tls)):
        await _run_with_metrics(name, settings, run, stop)


async def _run_with_metrics(name: str, settings: S, run: Run[S], stop: asyncio.Event) -> None:
    if not settings.metrics:
        await run(settings, stop, telemetry=NO_TELEMETRY)
        return
    meter = MemoryMeter(metrics_of(Service(name)))
    measure_process(meter)
    measure_start(meter)
    measure_refusals(meter, settings.connect.gatekeeper)
    async with (
        metrics_endpoint(settings.metrics, meter, settings.connect),
        background_task(measure_loop_lag(meter)),
        background_task(measure_build(meter, name)),
    ):
        await run(settings, stop, telemetry=Telemetry(meter))


def run_service(name: str, run: Callable[[asyncio.Event], Awaitable[None]], log_level: str) -> int:
    """Run a service until it ends, or until SIGTERM or SIGINT sets its stop event.

    Returns the exit status of the process.
    """
    logs.configure(name, log_level)
    log = logs.get_logger()
    # gRPC's core prints every refused connection; we log what matters.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await run(stop)

    # Imported modules stay, so the garbage collector need not scan them again and again.
    gc.collect()
    gc.freeze()
    faults: list[BaseException] = []
    try:
        asyncio.run(main())
    except* FramemeshError as group:
        faults = leaves(group)
    except* (OSError, MemoryError) as group:
        scarcities = leaves(group)
        if not all(map(_is_scarce, scarcities)):
            raise
        faults += scarcities
    for fault in faults:
        log.error(str(fault) or repr(fault))
    if any(isinstance(fault, FramemeshError) and fault.permanent for fault in faults):
        return PERMANENT_FAILURE
    if any(map(_is_scarce, faults)):
        return SCARCE_FAILURE
    return 1 if faults else 0


def _is_scarce(fault: BaseException) -> bool:
    if isinstance(fault, FramemeshError):
        return fault.scarce
    return isinstance(fault, MemoryError) or getattr(fault, "errno", None) in SCARCE
