"""Free TCP ports of this machine."""

import os
import secrets
import socket

from framemesh.core.errors import FramemeshError

FREE_PORTS = (10_000, 30_000)
"""The range that `free_block` searches, unless FRAMEMESH_FREE_PORTS is set: below the ports that
Linux gives to outgoing connections, so that none of those takes a port between search and use."""

ATTEMPTS = 200
"""Blocks to try; one that is taken is rare. A port takes 12 us."""


class NoFreePorts(FramemeshError):
    """There are none in the range, or FRAMEMESH_FREE_PORTS is no range."""


class AddressTaken(FramemeshError):
    """The address is in use by another program."""

    def __init__(self, address: str) -> None:
        super().__init__(f"cannot listen on {address}: is it taken?")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do: connections in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def free_block(size: int) -> int:
    """The first of `size` free ports in a row, at a random place of the range.

    Processes that search at the same time may find the same ports: give each a range of its own, as
    FRAMEMESH_FREE_PORTS=20000-25000, which its child processes inherit.

    Raises:
        NoFreePorts: none was found, or FRAMEMESH_FREE_PORTS is no range with room for `size`.
    """
    start, end = _range(size)
    for _ in range(ATTEMPTS):
        first = start + secrets.randbelow(end - start - size + 1)
        if all(is_free(port) for port in range(first, first + size)):
            return first
    raise NoFreePorts(f"no {size} free ports in a row from {start} to {end - 1}")


def _range(size: int) -> tuple[int, int]:
    """The first port, and the one after the last."""
    chosen = os.environ.get("FRAMEMESH_FREE_PORTS")
    if chosen is None:
        return FREE_PORTS
    first, _, last = chosen.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise NoFreePorts(f"FRAMEMESH_FREE_PORTS is like 20000-25000, not {chosen!r}")
    if not 1 <= int(first) <= int(last) + 1 - size <= 65_536 - size:
        raise NoFreePorts(f"FRAMEMESH_FREE_PORTS={chosen} has no {size} ports in a row")
    return int(first), int(last) + 1
