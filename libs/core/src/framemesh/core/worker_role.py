"""What the workers of a group do for their pipeline."""

from enum import Enum


class WorkerRole(Enum):
    WORKER = "worker"
    """They draw its frames and store their outcomes."""
    SHADOW = "shadow"
    """They draw copies of its frames, and what they make of them is kept apart."""


_LETTERS = {WorkerRole.WORKER: "r", WorkerRole.SHADOW: "s"}


def group_name(pipeline: str, number: int, role: WorkerRole) -> str:
    """As `street-r7` of revision 7, and `street-s9` of shadow 9: no two groups share a name."""
    return f"{pipeline}-{_LETTERS[role]}{number}"


def group_title(number: int, role: WorkerRole) -> str:
    """For a person, as `revision 7` and `shadow 9`."""
    return f"{'revision' if role is WorkerRole.WORKER else role.value} {number}"
