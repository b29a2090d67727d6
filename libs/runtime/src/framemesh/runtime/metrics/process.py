"""How this process does: CPU, memory, open files, and the lag of its event loop."""

import asyncio
import resource
import time
from pathlib import Path
from typing import NoReturn

from framemesh.core.metrics.process import (
    BUILD,
    CALLS_REFUSED,
    LOOP_LAG,
    PROCESS_CPU,
    PROCESS_FILES,
    PROCESS_MEMORY,
    PROCESS_START,
)
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.metrics.meter import Meter

LAG_PERIOD_SECONDS = 0.5
"""Between two looks at the lag: two wake-ups a second are under 0.02% of a core."""

STATM = Path("/proc/self/statm")
FILES = Path("/proc/self/fd")

_STARTED = time.time()


def measure_process(meter: Meter) -> None:
    """What it takes of the machine."""
    meter.observe(PROCESS_CPU, lambda: {(): _cpu_seconds()})
    meter.observe(PROCESS_MEMORY, lambda: {(): _resident_bytes()})
    meter.observe(PROCESS_FILES, lambda: {(): sum(1 for _ in FILES.iterdir())})


def measure_start(meter: Meter) -> None:
    """When a service was started: of several processes that of the one that starts the others."""
    meter.observe(PROCESS_START, lambda: {(): _STARTED})


def measure_refusals(meter: Meter, keeper: Gatekeeper | None) -> None:
    if keeper is not None:
        meter.observe(
            CALLS_REFUSED,
            lambda: {(code.value,): count for code, count in keeper.refusals.items()},
        )


async def measure_build(meter: Meter, service: str) -> None:
    """Find out which version runs: beside the start of the service, as it takes 30 ms."""
    build = (service, await asyncio.to_thread(_version, service))
    meter.observe(BUILD, lambda: {build: 1})


async def measure_loop_lag(meter: Meter) -> NoReturn:
    """Runs until cancelled."""
    loop, lag = asyncio.get_running_loop(), meter.histogram(LOOP_LAG)
    while True:
        due = loop.time() + LAG_PERIOD_SECONDS
        await asyncio.sleep(LAG_PERIOD_SECONDS)
        lag.observe(max(0.0, loop.time() - due))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident_bytes() -> int:
    _, resident, *_ = STATM.read_text().split()
    return int(resident) * resource.getpagesize()


def _version(service: str) -> str:
    # What takes the time is the import.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version(f"framemesh-{service}")
    except PackageNotFoundError:
        # In the one wheel of everything.
        return version("framemesh")
