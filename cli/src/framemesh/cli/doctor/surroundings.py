"""What is examined: a mesh on this machine, or the services at some addresses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.common import addresses
from framemesh.cli.local.lock import holder
from framemesh.cli.local.ports import PORT_BASE, Ports
from framemesh.cli.local.run_state import RunState


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look. Addresses are host:port."""

    data: Path
    ports: Ports
    """Of a mesh that would be started here."""
    supervisor: int | None = None
    """The process that runs the mesh of the data folder; None: none does."""
    run: RunState | None = None
    """What the data folder says of its mesh; it may be of one that is gone."""
    services: Mapping[str, str] | None = None
    """By name; those of the mesh that runs here, or that were named; None: nothing runs."""
    nats: str = ""
    """The URL of the broker, with its password; empty: nothing runs."""
    registry: str = ""
    """The URL of the registry; empty: none was named."""
    docker: Path = Path("/var/run/docker.sock")

    @property
    def runs_here(self) -> bool:
        return self.supervisor is not None


def surroundings(
    data: Path, port_base: int, named: Mapping[str, str], nats: str, registry: str
) -> Surroundings:
    """Of a data folder, and of what somebody named: services by name, whose addresses are those of
    this machine unless they are others.

    Raises:
        OSError: the data folder cannot be read.
    """
    supervisor, run = holder(data), RunState.load(data)
    if supervisor is not None and run is not None:
        found = {program.name: program.address for program in run.programs}
        found.pop("nats", None)
        return Surroundings(
            data, _ports(run, port_base), supervisor, run, found, nats or run.nats, registry
        )
    usual = {
        "ingest": addresses.INGEST,
        "master": addresses.MASTER,
        "monitor": addresses.MONITOR,
    }
    elsewhere = dict(named) != usual
    return Surroundings(
        data,
        Ports(port_base),
        supervisor,
        run,
        named if elsewhere else None,
        nats,
        registry,
        Path(os.environ.get("DOCKER_HOST", "").removeprefix("unix://") or "/var/run/docker.sock"),
    )


def _ports(run: RunState, port_base: int) -> Ports:
    """Those of the mesh that runs: ingest has the first after the base."""
    port = run.ingest.rpartition(":")[2]
    return Ports(int(port) - 1) if port.isdecimal() else Ports(port_base or PORT_BASE)
