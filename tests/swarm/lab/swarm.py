"""A swarm of three nodes on this machine, all of them managers, with a registry beside it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import docker

from tests.swarm.lab.commands import CommandFailed, run
from tests.swarm.lab.node import IMAGE, NETWORK, PUSH_TO, REGISTRY, SUBNET, Node
from tests.swarm.lab.node_api import answer_of
from tests.waiting import eventually

T = TypeVar("T")

NODES = (Node(1), Node(2), Node(3))
"""Three managers: two of them go on."""

JAEGER_NODE = NODES[0]

REGISTRY_NAME = "fm-registry"

HEARTBEAT = "2s"
"""Of the nodes: one that is killed is seen down after three. The default of 5 s takes 14 s; with
1 s a busy machine loses nodes that are well."""

OVERLAYS = "10.211.0.0/16"
"""For the overlay networks of the swarm: other than that of the nodes."""

FORGOTTEN = "swarm containers network volumes"
"""What of /var/lib/docker a new lab starts without; images stay."""

SETTLE_SECONDS = 60.0

ANSWER_SECONDS = 10.0
ELECTION_SECONDS = 90.0
"""For managers that elect: 30 s after the leader was killed, and as long once more where a manager
comes back that was cut off."""

PAUSE_SECONDS = 0.2

NO_ANSWER = (
    *("no end within", "is not running", "does not have a leader", "deadline exceeded"),
    *("not a swarm manager", "cannot connect to the docker daemon", "unavailable", "no such exec"),
    *("connection refused", "connection aborted", "no such file", "timed out"),
)
"""What is said for a node that is dead, and by managers that elect."""

CHANGED = "update out of sequence"
"""What is said to a change of what the swarm itself changed at the same moment."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as the managers see it."""

    name: str
    ready: bool
    leads: bool
    """Of the managers, by which it is seen."""
    drained: bool


async def up() -> None:
    """Start the registry and the nodes, and make them a swarm."""
    await down()
    await run("docker", "network", "create", "--subnet", SUBNET, NETWORK)
    await _start_registry()
    await _forget()
    async with asyncio.TaskGroup() as tasks:
        for node in NODES:
            tasks.create_task(_started(node))
    first, *others = NODES
    await first.docker(
        *("swarm", "init", "--advertise-addr", first.address),
        *("--default-addr-pool", OVERLAYS, "--dispatcher-heartbeat", HEARTBEAT),
    )
    token = (await first.docker("swarm", "join-token", "--quiet", "manager")).strip()
    for node in others:
        await node.docker(
            *("swarm", "join", "--token", token, "--advertise-addr", node.address),
            f"{first.address}:2377",
        )
    await eventually(states, SETTLE_SECONDS, until=lambda seen: all(n.ready for n in seen))
    for node in NODES:
        await first.docker(
            "node", "update", "--label-add", f"framemesh.nats={node.number}", node.name
        )
    await first.docker("node", "update", "--label-add", "framemesh.jaeger=1", JAEGER_NODE.name)


async def down() -> None:
    """Remove everything but the images on the nodes and in the registry."""
    names = [*(node.name for node in NODES), REGISTRY_NAME]
    await run("docker", "rm", "--force", *names)
    if await run("docker", "network", "ls", "--quiet", "--filter", f"name=^{NETWORK}$"):
        await run("docker", "network", "rm", NETWORK)


async def is_up() -> bool:
    """Whether the nodes run."""
    names = (await run("docker", "ps", "--format", "{{.Names}}")).split()
    return {node.name for node in NODES} <= set(names)


async def ask(*arguments: str, seconds: float = ANSWER_SECONDS) -> str:
    """What any node answers that can. While managers elect a leader none does: this waits.

    Raises:
        CommandFailed: docker refuses, or no node answers for ELECTION_SECONDS.
    """
    return await _of_any(lambda node: node.docker(*arguments, seconds=seconds))


async def look(ask: Callable[[docker.APIClient], Any]) -> Any:
    """As `ask`, for what is asked again and again: documents of docker's API."""
    return await _of_any(lambda node: answer_of(node, ask, ANSWER_SECONDS))


async def _of_any(ask: Callable[[Node], Awaitable[T]]) -> T:
    until = time.monotonic() + ELECTION_SECONDS
    while True:
        for node in NODES:
            try:
                return await ask(node)
            except CommandFailed as error:
                if not _may_pass(error) or time.monotonic() > until:
                    raise
        await asyncio.sleep(PAUSE_SECONDS)


def _may_pass(error: CommandFailed) -> bool:
    return any(sign in str(error).lower() for sign in (*NO_ANSWER, CHANGED))


async def states() -> list[NodeState]:
    """The nodes by name, as the first manager that answers sees them."""
    found = [
        NodeState(
            each["Description"]["Hostname"],
            each["Status"]["State"] == "ready",
            each.get("ManagerStatus", {}).get("Leader", False),
            each["Spec"]["Availability"] == "drain",
        )
        for each in await look(lambda docker: docker.nodes())
    ]
    return sorted(found, key=lambda node: node.name)


async def leader() -> Node:
    """The node whose manager leads the swarm."""
    name = next(state.name for state in await states() if state.leads)
    return named(name)


def named(name: str) -> Node:
    return next(node for node in NODES if node.name == name)


async def _started(node: Node) -> None:
    await node.create()
    await node.wait()


async def _start_registry() -> None:
    await run(
        *("docker", "run", "--detach", "--init", "--name", REGISTRY_NAME, "--network", NETWORK),
        *("--ip", REGISTRY.partition(":")[0], "--publish", f"{PUSH_TO}:5000"),
        *("--volume", f"{REGISTRY_NAME}:/var/lib/docker-registry"),
        *("--entrypoint", "docker-registry", IMAGE),
        *("serve", "/registry.yml"),
    )


async def _forget() -> None:
    volumes = [f"--volume={node.name}:/v{node.number}" for node in NODES]
    gone = " ".join(f"/v*/{folder}" for folder in FORGOTTEN.split())
    await run(
        "docker", "run", "--rm", *volumes, "--entrypoint", "sh", IMAGE, "-c", f"rm -rf {gone}"
    )
