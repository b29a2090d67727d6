"""Loses packets on the way from a port of this machine, as a radio link does."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def lost_packets(port: int, share: float) -> Iterator[None]:
    """A random share of the UDP packets from a port does not arrive while the context lasts.

    The test is left out where nobody may say so: it takes root, iptables, and a kernel for it.
    """
    if os.geteuid() != 0 or shutil.which("iptables") is None:
        pytest.skip("needs root and iptables")
    rule = ("INPUT", "-i", "lo", "-p", "udp", "--sport", str(port))
    chance = ("-m", "statistic", "--mode", "random", "--probability", str(share), "-j", "DROP")
    if (failed := _iptables("-I", *rule, *chance)).returncode:
        pytest.skip(f"no packets can be lost here: {failed.stderr.strip()}")
    try:
        yield
    finally:
        _iptables("-D", *rule, *chance).check_returncode()


def _iptables(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["iptables", "--wait", "5", *arguments],  # noqa: S607
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
