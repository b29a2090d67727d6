"""One event of a log, whoever wrote it and in whatever form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """How bad it is; a higher one is worse."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50

    @classmethod
    def of(cls, name: str) -> "Level":
        """By its name in a log; what is unknown is INFO."""
        return cls.__members__.get(name.upper(), cls.INFO)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event, and all that its line tells of it."""

    at: float
    """Seconds since the Unix epoch; of a line without a time that of the line before it."""
    source: str
    """The program: a service, `nats`, `supervisor`, the id of a worker, or that with `/triton`."""
    level: Level
    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the line tells beside: frame, camera, pipeline and others, by name."""

    @property
    def kind(self) -> str:
        """What `--service` calls it beside its name: `worker` or `triton`; else the name."""
        if self.source.endswith("/triton"):
            return "triton"
        return "worker" if self.facts.get("service") == "worker" else self.source
