"""The ports that the workers of a node listen on."""

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.processes.ports import is_free

MAX_WORKERS = 256
"""Of one node: far more than its CPUs. It bounds the search for a free port, 12 us for each that is
taken."""


class NoFreePort(FramemeshError):
    """All ports for workers are taken."""

    code = Code.EXHAUSTED


class WorkerPorts:
    """Gives each worker the lowest free port."""

    def __init__(self, first_port: int) -> None:
        self._first = first_port
        self._given: set[int] = set()

    def take(self) -> int:
        """A port that is free now, and not given to another until it is returned.

        Raises:
            NoFreePort: all ports of the range are in use.
        """
        end = min(self._first + MAX_WORKERS, 65_536)
        for port in range(self._first, end):
            if port not in self._given and is_free(port):
                self._given.add(port)
                return port
        raise NoFreePort(
            f"no free port for a worker from {self._first} to {end - 1}: "
            "set FRAMEMESH_AGENT_FIRST_PORT to where there are some"
        )

    def give_back(self, port: int) -> None:
        self._given.discard(port)
