"""Runs the process of a service: logs, signals, and one line for a fatal error."""

import asyncio
import errno
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from framemesh.core.errors import FramemeshError, leaves
from framemesh.runtime import logs
from framemesh.runtime.processes.exit_status import PERMANENT_FAILURE, SCARCE_FAILURE
from framemesh.runtime.settings import BadSetting, ServiceSettings, from_environment

SCARCE = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
"""Errors of the system for want of disk, memory, files or processes."""

S = TypeVar("S", bound=ServiceSettings)


def run_configured(
    name: str, kind: type[S], run: Callable[[S, asyncio.Event], Awaitable[None]]
) -> int:
    """Run a service with settings from the environment.

    Returns the exit status of the process.
    """
    try:
        settings = from_environment(kind)
    except BadSetting as error:
        logs.configure(name)
        logs.get_logger().error(str(error))
        return 1
    return run_service(name, lambda stop: run(settings, stop), settings.log_level)


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
