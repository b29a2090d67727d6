"""What `status` shows of a pipeline."""

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
    """Reason -> how many frames have a fate other than done for it."""

    @property
    def balances(self) -> bool:
        """Whether every frame that was offered has exactly one fate or is pending."""
        completed = self.done + self.expired + self.superseded + self.dead
        return self.offered == self.accepted + self.rejected and (
            self.accepted == completed + self.pending
        )


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """One pipeline: its workers, buffer, rates and cameras."""

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
    """Age: from capture to outcome."""
    hops_ms: dict[str, dict[str, float]]
    """Of each hop p50 and p99; of those that frames reached since the monitor was started."""
    duplicate_outcomes: int
    unread_entries: int
    """Entries of the ledger that the broker dropped before a monitor read them."""
    dead_letters: int
    """How many are kept."""
    bytes_a_frame: dict[str, float]
    """Mean bytes a frame on each hop: cameras, workers, models, outcomes."""
    cameras: tuple[CameraReport, ...]
    retired: CameraReport
    """The sum of all other cameras: only those that had frames last are kept by name."""
    retired_cameras: int
    """How often a camera was added to that sum."""
