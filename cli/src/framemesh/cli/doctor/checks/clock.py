"""The clock of this machine: whether it follows others, and whether it jumps."""

import asyncio
import ctypes
import time
from collections.abc import Callable, Sequence

from framemesh.cli.doctor.finding import Finding, good, note, warning
from framemesh.cli.doctor.surroundings import Surroundings

WATCHED_SECONDS = 1.0
JUMP_SECONDS = 0.05
"""More than any correction that is made little by little."""

UNSYNCHRONISED = 0x40
"""STA_UNSYNC of the kernel's clock."""

REMEDY = "start chrony or systemd-timesyncd: ages and deadlines compare the clocks of machines"


async def examine(_: Surroundings) -> Sequence[Finding]:
    before = _difference()
    await asyncio.sleep(WATCHED_SECONDS)
    return [jumps(_difference() - before), synchronised(kernel_clock)]


def _difference() -> float:
    return time.time() - time.monotonic()


def jumps(seconds: float) -> Finding:
    """By how much the wall clock has moved against the one that never goes back."""
    if abs(seconds) > JUMP_SECONDS:
        return warning(
            f"the clock of this machine jumped by {seconds:+.2f} s in {WATCHED_SECONDS:.0f} s",
            "let one program set it, and let it do so little by little",
        )
    return good("the clock runs evenly")


def synchronised(status: Callable[[], int]) -> Finding:
    """What the kernel says of it, where it can be asked."""
    try:
        found = status()
    except OSError:
        return note("whether the clock is synchronised cannot be read here")
    if found & UNSYNCHRONISED:
        return warning("the clock of this machine is not synchronised", REMEDY)
    return good("the clock is synchronised")


class _Timex(ctypes.Structure):
    """struct timex of Linux, of which one field is read; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_clock() -> int:
    """The status of the kernel's clock; nothing is set.

    Raises:
        OSError: it cannot be asked, as in some containers.
    """
    timex = _Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except AttributeError as error:  # another system than Linux
        raise OSError("no adjtimex") from error
    if answer < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    return int(timex.status)
