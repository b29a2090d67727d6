"""deploy/stack.yml on the test swarm."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.jaeger.jaeger_server import binary
from tests.swarm.lab import images, swarm
from tests.swarm.lab.images import VERSION
from tests.swarm.lab.node import CHECKOUT, REGISTRY, Node
from tests.waiting import eventually

NAME = "framemesh"
NETWORK = "framemesh"

STORE_MAX_BYTES = 2 * 1024**3

JAEGER = "http://{}:16686"

READY_SECONDS = 180.0
"""The first time the nodes pull 400 MB each; then 15 s."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a service that should run, and does, on a node that is there."""

    id: str
    node: str


async def bring_up() -> None:
    """Build the images, start the swarm unless it runs, and deploy the stack on it."""
    built = await images.build()
    if not await swarm.is_up():
        await swarm.up()
    await images.push(built)
    async with asyncio.TaskGroup() as tasks:
        for node in swarm.NODES:
            tasks.create_task(_pull_workers(node))
        await deploy()


async def _pull_workers(node: Node) -> None:
    """While the stack starts: it is the largest image, and the first pipeline waits for it."""
    image = f"{REGISTRY}/framemesh/worker:{VERSION}"
    await node.docker("pull", "--quiet", image, seconds=READY_SECONDS)


def jaeger() -> str:
    """The URL of the stack's Jaeger; empty: it has none, as none was built (`make jaeger`)."""
    return JAEGER.format(swarm.JAEGER_NODE.address) if binary().exists() else ""


async def deploy(version: str = VERSION) -> None:
    """Deploy the stack, and wait until every service has all its tasks."""
    node = swarm.NODES[0]
    traces = {}
    files = ["deploy/stack.yml", "tests/swarm/lab.yml"]
    if jaeger():
        files.append("deploy/traces.yml")
        traces = {
            "FRAMEMESH_JAEGER": jaeger(),
            "FRAMEMESH_JAEGER_IMAGE": f"{REGISTRY}/{await images.jaeger()}",
        }
    group = await node.run("stat", "-c", "%g", "/var/run/docker.sock")
    await node.docker(
        # Not detached: it ends when the update of each service has ended. Images that were built
        # again have the names of those before.
        *("stack", "deploy", "--detach=false", "--resolve-image", "always", NAME),
        *(f"--compose-file={CHECKOUT}/{file}" for file in files),
        environment={
            "FRAMEMESH_REGISTRY": REGISTRY,
            "FRAMEMESH_VERSION": version,
            "FRAMEMESH_REGISTRY_SCHEME": "http",
            "FRAMEMESH_NATS_STORE_MAX": str(STORE_MAX_BYTES),
            "FRAMEMESH_DOCKER_GROUP": group.strip(),
            **traces,
        },
        seconds=READY_SECONDS,
    )
    await eventually(missing, READY_SECONDS, until=lambda found: not found)


async def missing() -> dict[str, str]:
    """The services that have not all their tasks, each with what it has, as "1/3"."""
    services = await swarm.look(lambda docker: docker.services(status=True))
    counts = {each["Spec"]["Name"]: each["ServiceStatus"] for each in services}
    return {
        name: f"{count['RunningTasks']}/{count['DesiredTasks']}"
        for name, count in counts.items()
        if count["RunningTasks"] != count["DesiredTasks"]
    }


async def tasks(service: str) -> list[Task]:
    """The running tasks of a service. Those of a dead node still read "running": left out."""
    nodes = await swarm.look(lambda docker: docker.nodes())
    names = {
        node["ID"]: node["Description"]["Hostname"]
        for node in nodes
        if node["Status"]["State"] == "ready"
    }
    wanted = {"service": service, "desired-state": "running"}
    return [
        Task(each["ID"], names[each["NodeID"]])
        for each in await swarm.look(lambda docker: docker.tasks(filters=wanted))
        if each["Status"]["State"] == "running" and each["NodeID"] in names
    ]


async def spread(service: str) -> Counter[str]:
    """How many running tasks of a service each node has."""
    return Counter(task.node for task in await tasks(service))


async def container(service: str, node: Node) -> str:
    """The container of a service's task on a node.

    Raises:
        ValueError: there is none, or more than one.
    """
    (found,) = (await node.docker("ps", "--quiet", "--filter", f"name=^{service}\\.")).split()
    return found


async def versions(service: str) -> set[str]:
    """The tags of the images of a service's tasks that should run."""
    command = ("service", "ps", "--filter", "desired-state=running", "--format", "{{.Image}}")
    images = (await swarm.ask(*command, service)).split()
    return {image.rpartition(":")[2] for image in images}


async def image(service: str) -> str:
    """That a service names."""
    shown = "{{.Spec.TaskTemplate.ContainerSpec.Image}}"
    return (await swarm.ask("service", "inspect", "--format", shown, service)).strip()


async def update_state(service: str) -> str:
    """Of its last update, as "completed", "rollback_completed"; empty if there was none."""
    shown = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}"
    return (await swarm.ask("service", "inspect", "--format", shown, service)).strip()
