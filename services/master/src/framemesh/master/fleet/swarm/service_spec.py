"""The service of a group of workers, as a document for Docker's API."""

import copy
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from framemesh.core.resources import Resources
from framemesh.master.fleet.port import WorkerGroup
from framemesh.master.fleet.swarm import labels, placement_rules
from framemesh.master.fleet.swarm.documents import GPU, NANO
from framemesh.master.fleet.swarm.swarm_api import Document
from framemesh.master.fleet.swarm.values import GroupKey, SwarmService
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate

NAME_PREFIX = "framemesh-worker-"

MAX_NAME = 63
"""Characters of a name in DNS, which a service's is."""

PORT = 7410

STOP_SECONDS = 15
"""A worker that is told to stop completes its frames within 8 s."""

RESTART_SECONDS = 1
"""Before a worker is started again that ended, or whose node was lost: frames wait for it."""

TEMPORARY = "/tmp"  # noqa: S108  where Linux has it
TEMPORARY_BYTES = 64 * 1024**2

SHARED_MEMORY = "/dev/shm"  # noqa: S108  where Linux has it
SHARED_MEMORY_BYTES = 1024**3
"""Of /dev/shm, where the inputs for Triton are: containers have 64 MiB otherwise. Only what is used
counts as memory."""

MOUNTS = (
    {"Type": "tmpfs", "Target": SHARED_MEMORY, "TmpfsOptions": {"SizeBytes": SHARED_MEMORY_BYTES}},
    {"Type": "tmpfs", "Target": TEMPORARY, "TmpfsOptions": {"SizeBytes": TEMPORARY_BYTES}},
    # Without a name: it goes with its container.
    {"Type": "volume", "Target": "/data"},
)
"""What a worker may write to; its root is read only."""

HEALTH = {
    "Interval": 7 * NANO,
    "Timeout": 5 * NANO,
    # A worker that does not answer for 20 s is stopped, as by an agent (ADR 19).
    "Retries": 3,
    # One that starts may load models of any size.
    "StartPeriod": 600 * NANO,
    # It counts as ready when it first answers; each check takes CPU from what starts. Docker before
    # version 25 waits for the interval.
    "StartInterval": 2 * NANO,
}

UPDATES = {
    # A successor runs before its predecessor is stopped, one at a time.
    "Order": "start-first",
    "Parallelism": 1,
    # One that cannot start leaves its predecessor at work; the next change tries again.
    "FailureAction": "continue",
}


def service_name(key: GroupKey) -> str:
    """As `framemesh-worker-street-r7`; what tells groups apart are the labels, not the names."""
    name = f"{NAME_PREFIX}{key.name}"
    # Docker compares names without regard to capital letters.
    if len(name) <= MAX_NAME and name == name.lower():
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.lower()[: MAX_NAME - len(digest) - 1]}-{digest}"


@dataclass(frozen=True, slots=True)
class FileIds:
    """What the swarm calls its secrets and configs, by their names."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)


def service_spec(
    group: WorkerGroup,
    image: str,
    template: WorkerTemplate,
    *,
    avoided: Collection[str],
    epoch: int,
    ids: FileIds,
) -> Document:
    """
    Args:
        avoided: names of nodes that take no worker.
        ids: of the secrets and configs that the template names.
    """
    key = GroupKey.of(group)
    container = {
        "Image": image,
        "Labels": labels.of_group(key),
        "Init": True,
        "ReadOnly": True,
        "StopGracePeriod": STOP_SECONDS * NANO,
        "Healthcheck": HEALTH,
        "Mounts": MOUNTS,
        **_surroundings(key, template, ids),
    }
    return {
        "Name": service_name(key),
        "Labels": {**labels.of_group(key), labels.EPOCH: str(epoch)},
        "TaskTemplate": {
            "ContainerSpec": container,
            "Resources": _resources(group.resources),
            "RestartPolicy": {"Condition": "any", "Delay": RESTART_SECONDS * NANO},
            "Placement": {"Constraints": placement_rules.constraints(group.node_labels, avoided)},
            "Networks": [{"Target": template.network}],
        },
        "Mode": {"Replicated": {"Replicas": group.replicas}},
        "UpdateConfig": UPDATES,
        # Workers draw their frames: nothing is sent to the address of the service.
        "EndpointSpec": {"Mode": "dnsrr"},
    }


def image_of(service: SwarmService) -> str:
    return str(service.spec["TaskTemplate"]["ContainerSpec"]["Image"])


def changed(
    service: SwarmService,
    *,
    replicas: int,
    image: str,
    avoided: Collection[str],
    epoch: int,
    renewed: tuple[WorkerTemplate, FileIds] | None = None,
) -> Document:
    """A service with another number of workers, another image or other nodes; all else stays.

    With the same image only workers on nodes that do not fit any more are started again.

    Args:
        renewed: what workers of another image have around them; None: it stays as it is.
    """
    new: dict[str, Any] = copy.deepcopy(dict(service.spec))
    new["Mode"] = {"Replicated": {"Replicas": replicas}}
    new["Labels"][labels.EPOCH] = str(epoch)
    container = new["TaskTemplate"]["ContainerSpec"]
    container["Image"] = image
    if renewed is not None:
        container.update(_surroundings(service.key, *renewed))
    placement = new["TaskTemplate"].setdefault("Placement", {})
    placement["Constraints"] = placement_rules.constraints(service.node_labels, avoided)
    return new


def _surroundings(key: GroupKey, template: WorkerTemplate, ids: FileIds) -> dict[str, Any]:
    """Variables and files."""
    return {
        "Env": [f"{name}={value}" for name, value in _environment(key, template).items()],
        "Secrets": [
            {"SecretID": ids.secrets[name], "SecretName": name, "File": _file(name)}
            for name in template.secrets
        ],
        "Configs": [
            {"ConfigID": ids.configs[name], "ConfigName": name, "File": _file(name)}
            for name in template.configs
        ],
    }


def _environment(key: GroupKey, template: WorkerTemplate) -> dict[str, str]:
    return {
        **template.environment,
        # The manager puts the number of the slot in.
        "FRAMEMESH_WORKER_ID": key.worker_id("{{.Task.Slot}}"),
        "FRAMEMESH_WORKER_PIPELINE": key.pipeline,
        "FRAMEMESH_WORKER_REVISION": str(key.revision),
        "FRAMEMESH_WORKER_ROLE": key.role.value,
        "FRAMEMESH_WORKER_LISTEN": f"0.0.0.0:{PORT}",
    }


def _resources(resources: Resources) -> Document:
    """What is reserved is the limit, too; 0 is none."""
    bounds = {
        "NanoCPUs": round(resources.cpus * NANO),
        "MemoryBytes": resources.memory_bytes,
    }
    gpus = [{"DiscreteResourceSpec": {"Kind": GPU, "Value": resources.gpus}}]
    return {
        "Limits": bounds,
        "Reservations": bounds | ({"GenericResources": gpus} if resources.gpus else {}),
    }


def _file(name: str) -> Document:
    """Readable by whatever user the image runs as."""
    return {"Name": name, "UID": "0", "GID": "0", "Mode": 0o444}
