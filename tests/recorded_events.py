"""Events of the master, kept in a list for tests."""

from framemesh.master.history.events import EventKind


class RecordedEvents:
    """What Events promises, and what was recorded."""

    def __init__(self) -> None:
        self.all: list[tuple[str, EventKind, str]] = []

    def record(self, pipeline: str, kind: EventKind, message: str) -> None:
        self.all.append((pipeline, kind, message))

    def of(self, kind: EventKind) -> list[tuple[str, str]]:
        """The pipelines and messages of one kind."""
        return [(pipeline, message) for pipeline, each, message in self.all if each is kind]
