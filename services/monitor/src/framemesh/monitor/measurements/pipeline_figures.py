"""The figures of one pipeline at one look."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.core.ledger.camera_ledger import Account
from framemesh.monitor.status.pipeline_status import PipelineStatus

STATES = ("accepted", "rejected", "done", "expired", "superseded", "dead")


@dataclass(frozen=True, slots=True)
class PipelineFigures:
    """None, or nothing, stands for what could not be read."""

    total: Account | None = None
    """Of all cameras together."""
    cameras: Mapping[str, Account] = field(default_factory=dict)
    """Those that are told apart."""
    duplicates: int = 0
    unread: int = 0
    dead_letters: int | None = None
    backlog: int | None = None
    backlog_bytes: int | None = None
    backlog_limit: int | None = None
    """In bytes."""
    shards: Mapping[str, int] = field(default_factory=dict)
    """Frames in the buffer, by shard."""
    growth: float | None = None
    """Frames a second."""
    silence: Mapping[str, float] = field(default_factory=dict)
    """Seconds, by camera."""

    @property
    def missing(self) -> int | None:
        """Pending frames that are not in the buffer."""
        if self.total is None or self.backlog is None:
            return None
        return max(0, self.total.pending - self.backlog)


def total_of(status: PipelineStatus) -> Account | None:
    """All cameras together, those included that are not told by name any more."""
    if status.ledger is None:
        return None
    total = status.ledger.retired
    for account in status.ledger.accounts.values():
        total = total.plus(account)
    return total
