"""What `status` knows of a pipeline."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraReport:
    """The ledger of one camera, in frames."""

    camera: str
    offered: int
    accepted: int
    rejected: int
    done: int
    expired: int
    superseded: int
    dead: int
    pending: int
    reasons: dict[str, int]
    """How often each was given for a fate other than done."""

    @property
    def balances(self) -> bool:
        """Whether every frame that was offered has exactly one fate, or still waits for it."""
        sealed = self.done + self.expired + self.superseded + self.dead
        return self.offered == self.accepted + self.rejected and (
            self.accepted == sealed + self.pending
        )


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """One pipeline: its workers, its buffer, its pace, its cameras."""

    name: str
    revision: int
    ready_workers: int
    trouble: str
    """What keeps its workers from running; empty where nothing does."""
    problem: str
    """What the monitor cannot tell, and why; empty where it can tell all."""
    backlog: int
    backlog_bytes: int
    accepted_per_second: float
    completed_per_second: float
    age_p50_ms: float
    age_p95_ms: float
    age_p99_ms: float
    """From capture to outcome."""
    duplicate_outcomes: int
    unread_entries: int
    """Of the ledger, dropped by the broker while no monitor read them."""
    dead_letters: int
    """Those that are kept."""
    bytes_a_frame: dict[str, float]
    """On each hop: cameras, workers, models, outcomes."""
    cameras: tuple[CameraReport, ...]
