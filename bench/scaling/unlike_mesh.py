"""A mesh of two nodes on one machine, of unlike speed and price."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.scaling.simulated_model import simulated_model
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program
from framemesh.cli.local.programs import mesh_programs
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.processes.ports import free_block
from tests.e2e.mesh import Mesh

MODEL = "simulated"
STORE_MAX_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class UnlikeNode:
    name: str
    milliseconds: float
    """Of its simulated accelerators, for a frame."""
    price: float
    """An hour."""

    @property
    def rate(self) -> float:
        """Frames a second of one worker."""
        return 1000 / self.milliseconds


FAST = UnlikeNode("fast", 20, 0.3)
OLD = UnlikeNode("old", 80, 0.1)
NODES = (FAST, OLD)
"""The first worker is placed on the dear one: nobody knows yet what they do."""


@asynccontextmanager
async def unlike_mesh(
    data: Path, master: Sequence[str] = (), nodes: Sequence[UnlikeNode] = NODES
) -> AsyncIterator[Mesh]:
    """With the simulated model, which is as fast as the node says.

    Args:
        master: a command in place of that of the master.
    """
    ports = Ports.free()
    programs = {each.name: each for each in mesh_programs(data, ports, STORE_MAX_BYTES)}
    if master:
        programs["master"] = replace(programs["master"], command=master)
    agent = programs.pop("agent")
    fastest = min(node.milliseconds for node in nodes)
    agents = [_agent(agent, node, node.milliseconds / fastest, data) for node in nodes]
    async with running_mesh(data, ports, programs=[*programs.values(), *agents]) as run:
        mesh = Mesh(run)
        await mesh.add_model(simulated_model(data / "model", MODEL, milliseconds=fastest))
        yield mesh


def _agent(agent: Program, node: UnlikeNode, slowdown: float, data: Path) -> Program:
    port = free_block(30)
    environment: Mapping[str, str] = {
        **agent.environment,
        "FRAMEMESH_AGENT_LISTEN": f"127.0.0.1:{port}",
        "FRAMEMESH_AGENT_FIRST_PORT": str(port + 1),
        "FRAMEMESH_AGENT_DATA": str(data.absolute() / node.name),
        "FRAMEMESH_AGENT_NODE": node.name,
        "FRAMEMESH_AGENT_PRICE_PER_HOUR": str(node.price),
        "FRAMEMESH_SIMULATED_SLOWDOWN": f"{slowdown:g}",
    }
    return replace(agent, name=node.name, address=f"127.0.0.1:{port}", environment=environment)
