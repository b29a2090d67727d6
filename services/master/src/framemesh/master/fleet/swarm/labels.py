"""The labels of services and tasks: what they are is read from these, never remembered."""

from collections.abc import Mapping

from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.swarm.values import GroupKey

PIPELINE = "framemesh.pipeline"
REVISION = "framemesh.revision"
ROLE = "framemesh.role"

EPOCH = "framemesh.epoch"
"""Of services alone: a change of it starts no task again."""


def of_group(key: GroupKey) -> dict[str, str]:
    return {PIPELINE: key.pipeline, REVISION: str(key.revision), ROLE: key.role.value}


def group_of(labels: Mapping[str, str]) -> GroupKey | None:
    """None where the labels are not those of a group of workers."""
    pipeline, revision, role = (labels.get(name) for name in (PIPELINE, REVISION, ROLE))
    roles = {each.value: each for each in WorkerRole}
    if not pipeline or not revision or not revision.isdecimal() or role not in roles:
        return None
    return GroupKey(pipeline, int(revision), roles[role])
