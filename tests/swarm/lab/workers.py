"""The workers of a pipeline as a service of the test swarm."""

from tests.swarm.lab import stack, swarm
from tests.swarm.lab.images import VERSION
from tests.swarm.lab.node import REGISTRY
from tests.waiting import eventually

READY_SECONDS = 120.0
"""With the image pulled to each node; then 5 s."""

SHARED_MEMORY_BYTES = 1024**3

ENVIRONMENT = {
    "FRAMEMESH_WORKER_ID": "{{.Service.Name}}-{{.Task.Slot}}",
    "FRAMEMESH_WORKER_MASTER": "master:7402",
    "FRAMEMESH_NATS": "nats://nats-1:4222,nats://nats-2:4222,nats://nats-3:4222",
}


def service(pipeline: str) -> str:
    return f"framemesh-worker-{pipeline}"


async def start(pipeline: str, replicas: int) -> None:
    """Start workers of a pipeline, and wait until all are ready."""
    variables = {**ENVIRONMENT, "FRAMEMESH_WORKER_PIPELINE": pipeline}
    await swarm.ask(
        *("service", "create", "--detach", "--name", service(pipeline)),
        *("--network", stack.NETWORK, "--endpoint-mode", "dnsrr", "--replicas", str(replicas)),
        *("--read-only", "--mount", "type=tmpfs,target=/tmp"),
        *("--mount", "type=volume,target=/data"),
        *("--mount", f"type=tmpfs,target=/dev/shm,tmpfs-size={SHARED_MEMORY_BYTES}"),
        *("--restart-delay", "1s", "--update-order", "start-first", "--update-monitor", "5s"),
        *("--health-interval", "5s", "--health-start-interval", "1s"),
        *(f"--env={name}={value}" for name, value in variables.items()),
        f"{REGISTRY}/framemesh/worker:{VERSION}",
    )
    await eventually(stack.missing, READY_SECONDS, until=lambda found: not found)


async def stop(pipeline: str) -> None:
    await swarm.ask("service", "rm", service(pipeline))
