"""The mesh of the test swarm, as cameras, commands and tests reach it from outside."""

from collections.abc import Sequence

from framemesh.cli.local.run_state import RunState
from tests.e2e.mesh import Mesh
from tests.swarm.lab.node import Node
from tests.swarm.lab.swarm import NODES

INGEST, MASTER, MONITOR, NATS = 7401, 7402, 7403, 4222


def mesh(nodes: Sequence[Node] = NODES) -> Mesh:
    """Every node is an address of each service: what is away there is tried elsewhere."""
    return Mesh(
        RunState(
            pid=0,
            nats=",".join(f"nats://{node.address}:{NATS}" for node in nodes),
            ingest=_any_of(nodes, INGEST),
            master=",".join(f"{node.address}:{MASTER}" for node in nodes),
            monitor=_any_of(nodes, MONITOR),
            programs=(),
        )
    )


def _any_of(nodes: Sequence[Node], port: int) -> str:
    """What gRPC takes as several addresses of one server: it uses the first that answers."""
    return "ipv4:" + ",".join(f"{node.address}:{port}" for node in nodes)
