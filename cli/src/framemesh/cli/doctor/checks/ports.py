"""The ports of a mesh on this machine."""

from collections.abc import Iterator, Sequence

import psutil

from framemesh.cli.doctor.finding import Finding, good, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.local.ports import HOST, WORKERS, Ports
from framemesh.runtime.processes.ports import is_free

WORKERS_LOOKED_AT = 20
"""Ports from the first of a worker on: an agent takes those that are free."""


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    ports = surroundings.ports
    if surroundings.runs_here:
        return [good(f"a mesh runs here, from port {ports.base} on")]
    return await in_thread(lambda: list(taken(ports)) or [_all_free(ports)])


def taken(ports: Ports) -> Iterator[Finding]:
    """Each port that something else has."""
    for name, address in _needed(ports).items():
        port = int(address.rpartition(":")[2])
        if not is_free(port, HOST):
            yield problem(
                f"port {port}, which {name} needs, is taken{_by(port)}",
                "end what listens there, or `framemesh up --port-base N`",
            )
    first = ports.first_worker
    if not any(is_free(port, HOST) for port in range(first, first + WORKERS_LOOKED_AT)):
        yield problem(
            f"no port from {first} to {first + WORKERS_LOOKED_AT - 1} is free for a worker",
            "`framemesh up --port-base N` uses others",
        )


def _all_free(ports: Ports) -> Finding:
    last = ports.base + WORKERS - 1
    return good(f"the ports from {ports.base} to {last}, and those of metrics, are free")


def _needed(ports: Ports) -> dict[str, str]:
    services = {
        "ingest": ports.ingest,
        "master": ports.master,
        "monitor": ports.monitor,
        "the agent": ports.agent,
        "the sinks": ports.sink,
    }
    metrics = {f"the metrics of {name}": ports.metrics(each) for name, each in services.items()}
    return {
        "the dashboard": ports.dashboard,
        "nats-server": ports.nats,
        "the health of nats-server": ports.nats_http,
        **services,
        **metrics,
    }


def _by(port: int) -> str:
    """By which program; empty where only root may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and getattr(connection.laddr, "port", 0) == port and connection.pid:
                name = psutil.Process(connection.pid).name()
                return f" by {name} (process {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""
