"""What Docker says of a task, in words for a person."""

import re

from framemesh.master.fleet.swarm.service_spec import service_name
from framemesh.master.fleet.swarm.values import SwarmTask

_TIME = re.compile(r"\d\d:\d\d:\d\d")
"""In a moment as RFC 3339 writes it."""

_EXIT = re.compile(r"non-zero exit \((\d+)\)(?:: (.*))?")

KILLED = 128 + 9
"""The status of a process that was ended by SIGKILL."""


def problem(task: SwarmTask) -> str:
    """Why a task that failed did, in one line."""
    said = task.error
    if "No such image" in said or "pull" in said:
        return f"its image cannot be pulled: {said}"
    if "unhealthy container" in said:
        return "it did not answer its health checks and was stopped"
    if found := _EXIT.search(said):
        return _ended(int(found[1]), task)
    return said or f"its task is {task.state}"


def progress(task: SwarmTask) -> str:
    """What a task with a node waits for before it runs; empty if that is nothing special.

    Of a pull Docker tells the managers when it began, and not how far it is.
    """
    if task.state != "preparing":
        return ""
    found = _TIME.search(task.since)
    return f"pulls its image since {found[0]} UTC" if found else "pulls its image"


def _ended(status: int, task: SwarmTask) -> str:
    if status == KILLED:
        return "it was killed, as where it needs more memory than its pipeline asks for"
    logs = f"docker service logs {service_name(task.key)}" if task.key else "docker service logs"
    return f"it ended with status {status}: `{logs}` has its last words"
