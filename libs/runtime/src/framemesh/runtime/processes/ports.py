"""TCP ports of this machine: which are free."""

import secrets
import socket

FREE_FROM, FREE_TO = 10_000, 30_000
"""Where `free_block` looks: below the ports that Linux gives to outgoing connections, so that none
of those takes a port between the look and the use."""

ATTEMPTS = 200
"""Blocks that are looked at; one that is taken is rare."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do: connections that ended a minute ago are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def free_block(size: int) -> int:
    """The first of `size` ports in a row that are free; each call looks somewhere else.

    Raises:
        OSError: none was found.
    """
    for _ in range(ATTEMPTS):
        first = FREE_FROM + secrets.randbelow(FREE_TO - FREE_FROM - size)
        if all(is_free(port) for port in range(first, first + size)):
            return first
    raise OSError(f"no {size} free ports in a row between {FREE_FROM} and {FREE_TO}")
