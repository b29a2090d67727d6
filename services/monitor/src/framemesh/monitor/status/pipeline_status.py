"""The status of one pipeline at one moment."""

from dataclasses import dataclass

from framemesh.monitor.ledger.pipeline_ledger import LedgerSummary
from framemesh.monitor.status.backlog import Backlog


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """What is known of a pipeline; None stands for what could not be read."""

    pipeline: str
    ledger: LedgerSummary | None = None
    unread_entries: int = 0
    """Messages that the ledger's stream dropped before they were read."""
    backlog: Backlog | None = None
    dead_letters: int | None = None
    """In the stream of dead letters; older ones were removed."""
    problem: str = ""
    """Why something is missing or behind, for a person; empty where nothing is."""
