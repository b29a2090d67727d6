"""The forms that lines of a log have: ours, that of nats-server, that of tritonserver."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from framemesh.cli.logs.entry import Level, LogEntry
from framemesh.core.urls import without_credentials
from framemesh.runtime.log_lines.clean_values import clean

_NATS = re.compile(
    r"\[\d+\] (?P<at>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+) \[(?P<level>[A-Z]{3})\] (?P<event>.*)"
)
_NATS_LEVELS = {
    "TRC": Level.DEBUG,
    "DBG": Level.DEBUG,
    "WRN": Level.WARNING,
    "ERR": Level.ERROR,
    "FTL": Level.CRITICAL,
}

_TRITON = re.compile(
    r"(?P<level>[VIWEF])(?P<at>\d{4} \d\d:\d\d:\d\d\.\d+) \d+ (?P<where>\S+:\d+)\] (?P<event>.*)"
)
_TRITON_LEVELS = {
    "V": Level.DEBUG,
    "W": Level.WARNING,
    "E": Level.ERROR,
    "F": Level.CRITICAL,
}

_WITHOUT_GPU = ("pinned memory pool", "CudaDriverHelper has not been initialized")
"""What tritonserver takes for an error on every machine that has no GPU."""


def parse(line: str, source: str, before: float) -> LogEntry | None:
    """The event of a line; None where its form is none of them.

    `before` is the time of an earlier line of the file, in seconds since the Unix epoch.
    """
    if line.startswith("{"):
        return _own(line, source, before)
    if found := _NATS.fullmatch(line):
        # By the clock of this machine, in its zone.
        at = datetime.strptime(found["at"], "%Y/%m/%d %H:%M:%S.%f").timestamp()
        level = _NATS_LEVELS.get(found["level"], Level.INFO)
        return LogEntry(at, source, level, without_credentials(found["event"].strip()))
    if found := _TRITON.fullmatch(line):
        event = without_credentials(_unquoted(found["event"]))
        level = _TRITON_LEVELS.get(found["level"], Level.INFO)
        if any(said in event for said in _WITHOUT_GPU):
            level = Level.DEBUG
        return LogEntry(_near(found["at"], before), source, level, event, {"where": found["where"]})
    return None


def _own(line: str, source: str, before: float) -> LogEntry | None:
    try:
        facts: dict[str, Any] = json.loads(line)
        at = datetime.fromisoformat(facts.pop("timestamp")).timestamp()
        level, event = Level.of(str(facts.pop("level"))), str(facts.pop("event"))
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return LogEntry(at, source, level, without_credentials(event), clean(facts))


def _near(text: str, before: float) -> float:
    """A time in UTC that lacks its year: the year in which it is nearest to another time."""
    year = datetime.fromtimestamp(before, UTC).year
    times = []
    for each in (year - 1, year, year + 1):
        try:
            moment = datetime.strptime(f"{each}{text}", "%Y%m%d %H:%M:%S.%f")
        except ValueError:  # the 29th of February
            continue
        times.append(moment.replace(tzinfo=UTC).timestamp())
    return min(times, key=lambda at: abs(at - before), default=before)


def _unquoted(text: str) -> str:
    """Triton writes most events as a string of C."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text
