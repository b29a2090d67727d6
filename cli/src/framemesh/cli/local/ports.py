"""The ports of a mesh on one machine, all on 127.0.0.1."""

from dataclasses import dataclass

from framemesh.runtime.processes.ports import free_block

HOST = "127.0.0.1"

PORT_BASE = 7400

WORKERS = 10
"""The first worker's port, counted from the base; the services are below."""

METRICS = 100
"""From the port of a program to that of its metrics."""

BLOCK = METRICS + 30
"""Ports from the base that a test needs: the services and twenty workers, and their metrics."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, from one base port on."""

    base: int = PORT_BASE

    @classmethod
    def free(cls) -> "Ports":
        """Ports that are free, for tests and demonstrations beside a running mesh."""
        return cls(free_block(BLOCK))

    @property
    def dashboard(self) -> str:
        """Of the HTTP server of the monitor."""
        return self._address(0)

    @property
    def ingest(self) -> str:
        """host:port, as are the others."""
        return self._address(1)

    @property
    def master(self) -> str:
        return self._address(2)

    @property
    def monitor(self) -> str:
        return self._address(3)

    @property
    def nats(self) -> str:
        return self._address(4)

    @property
    def agent(self) -> str:
        return self._address(5)

    @property
    def nats_http(self) -> str:
        """Of the HTTP server of nats-server, which has its health."""
        return self._address(6)

    @property
    def sink(self) -> str:
        return self._address(7)

    @property
    def first_worker(self) -> int:
        """The port only: the agent uses free ones from here on."""
        return self.base + WORKERS

    @staticmethod
    def metrics(address: str) -> str:
        """host:port of the metrics of the program that listens there."""
        host, _, port = address.rpartition(":")
        return f"{host}:{int(port) + METRICS}"

    def _address(self, offset: int) -> str:
        return f"{HOST}:{self.base + offset}"
