"""From the lines of one log file to events: what Python or Go print of a crash is one event."""

import re
from collections.abc import Iterable, Iterator

from framemesh.cli.logs.entry import Level, LogEntry
from framemesh.cli.logs.line_formats import parse
from framemesh.core.urls import without_credentials

MAX_CRASH_LINES = 200
"""Of one crash that are kept as its text; its last line is its event in any case."""

_CRASH = re.compile(
    r"\s*(\+ Exception Group )?Traceback \(most recent call last\):|(panic|fatal error): "
    r"|Signal \(\d+\) received"
)
_OF_CRASH = re.compile(r"[\s|+]|goroutine |\w+( \w+)?/|\d+# |$|created by |The above exception ")
"""How a line begins that goes on with what a crash printed before it."""

_LAST_OF_TRACEBACK = re.compile(r"[\s|]*[\w.]+(Error|Exception|Interrupt|Exit|Group)?(: |$)")


class Lines:
    """Makes events of the lines of one file, in their order."""

    def __init__(self, source: str, began: float) -> None:
        """`began`: seconds since the epoch, for lines before the first that has a time."""
        self._source = source
        self._at = began
        self._crash: list[str] = []

    def events(self, lines: Iterable[str]) -> Iterator[LogEntry]:
        """The events that are whole by now; the rest comes with later lines, or with `end`."""
        for line in lines:
            entry = parse(line, self._source, self._at)
            if entry is None:
                yield from self._plain(line)
                continue
            yield from self.end()
            self._at = max(self._at, entry.at)
            if any(map(str.isalnum, entry.event)):
                yield entry

    def end(self) -> Iterator[LogEntry]:
        """What is left of a crash that no other line came after."""
        if self._crash:
            yield self._crashed()

    def _plain(self, line: str) -> Iterator[LogEntry]:
        if _CRASH.match(line):
            if self._crash and not self._crash[0].startswith((" ", "T")):
                yield from self.end()
            self._keep(line)
        elif self._crash and _OF_CRASH.match(line):
            self._keep(line)
        elif self._crash and self._is_python() and _LAST_OF_TRACEBACK.match(line):
            self._keep(line)
            yield self._crashed()
        elif any(map(str.isalnum, line)):  # rules and banners tell nothing
            yield from self.end()
            yield LogEntry(self._at, self._source, Level.INFO, without_credentials(line.rstrip()))

    def _is_python(self) -> bool:
        return "Traceback" in self._crash[0]

    def _keep(self, line: str) -> None:
        if len(self._crash) < MAX_CRASH_LINES:
            self._crash.append(line.rstrip())
        else:
            self._crash[-1] = line.rstrip()

    def _crashed(self) -> LogEntry:
        lines, self._crash = [each for each in self._crash if each.strip(" |+-")], []
        event = lines[-1 if "Traceback" in lines[0] else 0].strip(" |+-")
        text = without_credentials("\n".join(lines))
        event = without_credentials(event)
        return LogEntry(self._at, self._source, Level.ERROR, event, {"crash": text})
