"""What the workers of a node are started with, and where their files are."""

import shutil
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from framemesh.runtime.processes.liveness import DEFAULT_BOUNDS, LivenessBounds

WORKER_COMMAND = (sys.executable, "-m", "framemesh.worker")


@dataclass(frozen=True, slots=True)
class WorkerEnv:
    """What all workers of a node have in common."""

    master: str
    """host:port."""
    data: Path
    """For logs, and for the folder that each worker has to itself."""
    command: Sequence[str] = WORKER_COMMAND
    liveness: LivenessBounds = DEFAULT_BOUNDS
    """How long a worker may leave health checks unanswered before it is killed."""

    def log(self, worker: str) -> Path:
        return self.data / "logs" / f"{worker}.log"

    def folder(self, worker: str) -> Path:
        return self.data / "workers" / worker

    @property
    def model_cache(self) -> Path:
        """For the models of all workers; they keep it within bounds."""
        return self.data / "models"

    def clear(self, keep: Collection[str]) -> None:
        """Remove the folders of all other workers, which would add up."""
        for folder in (self.data / "workers").glob("*/"):
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
