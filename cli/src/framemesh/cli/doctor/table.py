"""Every check of `framemesh doctor`, in the order in which it tells them."""

from framemesh.cli.doctor.checks import (
    broker,
    broker_clock,
    certificates,
    clock,
    disk,
    docker,
    gpu,
    leftovers,
    limits,
    memory,
    nats_server,
    packages,
    ports,
    registry,
    replicas,
    services,
    triton,
)
from framemesh.cli.doctor.checks.observability import collector, metrics
from framemesh.cli.doctor.finding import Check

CHECKS = (
    Check("packages", packages.examine),
    Check("nats-server", nats_server.examine),
    Check("triton", triton.examine, seconds=triton.SECONDS),
    Check("ports", ports.examine),
    Check("disk", disk.examine),
    Check("memory", memory.examine),
    Check("limits", limits.examine),
    Check("gpu", gpu.examine, seconds=10),
    Check("clock", clock.examine),
    Check("leftovers", leftovers.examine),
    Check("services", services.examine),
    Check("broker", broker.examine, seconds=8),
    Check("broker's clock", broker_clock.examine, seconds=8),
    Check("replicas", replicas.examine, seconds=15),
    Check("registry", registry.examine),
    Check("metrics", metrics.examine, seconds=15),
    Check("traces", collector.examine, seconds=collector.SECONDS),
    Check("docker", docker.examine),
    Check("certificates", certificates.examine),
)
