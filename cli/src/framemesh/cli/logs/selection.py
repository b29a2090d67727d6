"""Which events of the logs are shown."""

import re
from dataclasses import dataclass

from framemesh.cli.logs.entry import Level, LogEntry

_WORKER = re.compile(r"(?P<pipeline>.+)-(r\d+|s\d+)-\d+(/triton)?")
"""The id of a worker: its pipeline, its revision or that of a shadow, its number."""


@dataclass(frozen=True, slots=True)
class Selection:
    """All conditions must hold; an empty one always does."""

    services: frozenset[str] = frozenset()
    """Names of programs, or `worker` or `triton` for all of that kind."""
    level: Level = Level.DEBUG
    """This or worse."""
    pipeline: str = ""
    camera: str = ""
    since: float = 0.0
    """Seconds since the Unix epoch."""

    def __call__(self, entry: LogEntry) -> bool:
        return (
            entry.level >= self.level
            and entry.at >= self.since
            and (not self.services or bool(self.services & {entry.source, entry.kind}))
            and self.pipeline in {"", _pipeline(entry)}
            and self.camera in {"", entry.facts.get("camera")}
        )


def _pipeline(entry: LogEntry) -> str:
    """The one that it is about; of what a worker's Triton logs that of the worker."""
    if "pipeline" in entry.facts:
        return str(entry.facts["pipeline"])
    # The supervisor of workers names them, as does the master.
    for name in (entry.source, entry.facts.get("worker"), entry.facts.get("name")):
        if found := _WORKER.fullmatch(str(name)):
            return found["pipeline"]
    return ""
