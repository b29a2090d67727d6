"""A port that several processes of ours listen on, and nobody else of ours does.

With SO_REUSEPORT the kernel shares out the connections of a port among all sockets that listen on
it, as long as all of them asked for that and are of one user. So a second ingest would share the
port of the first in silence. Here one process, which never listens, holds the port: it took it
alone, as every server does that shares with nobody, and lets others share it only then.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from framemesh.runtime.processes.ports import AddressTaken


@contextmanager
def held_port(address: str) -> Iterator[str]:
    """Hold `address` (host:port, port 0 for a free one) for servers that share it, while the
    context lasts; yields it with its port.

    Who wants the port for itself finds it taken meanwhile, whether or not one of them listens.

    Raises:
        AddressTaken: the port is in use.
    """
    name, _, number = address.rpartition(":")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    host = name.strip("[]")
    with socket.socket(family) as held:
        try:
            port = int(number) or _free(family, host)
            _take(held, host, port)
        except OSError as error:
            raise AddressTaken(address) from error
        yield f"{name}:{port}"


def _free(family: socket.AddressFamily, host: str) -> int:
    """A port to ask for: one that the system chose for a socket is not kept by that socket when it
    stops listening."""
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _take(held: socket.socket, host: str, port: int) -> None:
    """
    Raises:
        OSError: somebody has it.
    """
    # As servers do: connections in TIME_WAIT do not count.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, port))
    # Of several that take it at this moment, all may be bound, and one can listen.
    held.listen()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    held.shutdown(socket.SHUT_RDWR)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
