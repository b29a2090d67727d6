"""The workers of a pipeline in the test swarm, as services that the master makes."""

from collections import Counter

from tests.swarm.lab import stack, swarm
from tests.swarm.lab.node import Node
from tests.waiting import eventually

READY_SECONDS = 120.0
"""With the image pulled to each node; then 5 s."""


def label(pipeline: str) -> str:
    return f"framemesh.pipeline={pipeline}"


async def services(pipeline: str) -> list[str]:
    """One for each revision that has workers, or had some a moment ago."""
    wanted = {"label": label(pipeline)}
    services = await swarm.look(lambda docker: docker.services(filters=wanted))
    return [each["Spec"]["Name"] for each in services]


async def spread(pipeline: str) -> Counter[str]:
    """How many workers run on each node, of nodes that are there."""
    found: Counter[str] = Counter()
    for service in await services(pipeline):
        found += await stack.spread(service)
    return found


async def ready(pipeline: str, count: int) -> None:
    """Wait until so many run."""
    await eventually(
        lambda: spread(pipeline), READY_SECONDS, until=lambda found: found.total() == count
    )


async def spread_again(pipeline: str) -> None:
    """Start them anew one after the other: a node that comes back is given none otherwise."""
    for service in await services(pipeline):
        await swarm.ask("service", "update", "--force", "--quiet", service, seconds=READY_SECONDS)


async def containers(pipeline: str, node: Node) -> list[str]:
    """Those that run on a node, whatever the managers think."""
    wanted = f"label={label(pipeline)}"
    return (await node.docker("ps", "--quiet", "--filter", wanted)).split()
