"""What the workers of a node have in common, and where their files are."""

import contextlib
import shutil
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.processes.liveness import DEFAULT_BOUNDS, LivenessBounds

LOGS_KEPT = 20
"""Of workers that are gone, each of at most 20 MiB with the part that was put aside."""

METRICS_OFFSET = 100
"""From the port of a worker to that of its metrics."""

WORKER_COMMAND = (sys.executable, "-m", "framemesh.worker")


@dataclass(frozen=True, slots=True)
class WorkerEnv:
    """The command, and the folders, of all workers of a node."""

    master: str
    """host:port."""
    data: Path
    """For logs, and for the folder that each worker has to itself."""
    command: Sequence[str] = WORKER_COMMAND
    liveness: LivenessBounds = DEFAULT_BOUNDS
    """How long a worker may leave health checks unanswered before it is killed."""
    connect: ConnectOptions = DEFAULT
    """How the workers are asked for their health: as this agent is."""
    metrics_host: str = ""
    """Where workers serve their metrics; empty: nowhere."""

    def metrics(self, port: int) -> str:
        """host:port for the metrics of the worker that listens on `port`; empty: none."""
        return f"{self.metrics_host}:{port + METRICS_OFFSET}" if self.metrics_host else ""

    def log(self, worker: str) -> Path:
        return self._logs / f"{worker}.log"

    def folder(self, worker: str) -> Path:
        return self.data / "workers" / worker

    @property
    def model_cache(self) -> Path:
        """For the models of all workers; they keep it within bounds."""
        return self.data / "models"

    def clean(self, keep: Collection[str]) -> None:
        """Remove what workers left that are gone: each revision of a pipeline has its own.

        Their folders go at once. Their logs may be needed to find out what
        happened: the newest stay. What cannot be removed stays, too.
        """
        for folder in (self.data / "workers").glob("*/"):
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
        gone = [log for log in self._logs.glob("*.log") if log.stem not in keep]
        for log in sorted(gone, key=_modified)[:-LOGS_KEPT]:
            for file in (log, log.with_name(f"{log.name}.1")):
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)

    @property
    def _logs(self) -> Path:
        return self.data / "logs" / "workers"


def _modified(file: Path) -> float:
    """When it was written to last; 0 for one that is gone meanwhile."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
