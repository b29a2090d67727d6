"""How an event of a log looks on a terminal: one line."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from rich.text import Text

from framemesh.cli.logs.entry import Level, LogEntry

SOURCE_COLUMNS = 12
"""For the name of a program: the longest of a service, and of many workers."""

MAX_FACT = 400
"""Characters of one fact; --json has all of it."""

_LEVELS = {
    Level.DEBUG: ("debug", "dim"),
    Level.INFO: ("info ", "green"),
    Level.WARNING: ("warn ", "yellow"),
    Level.ERROR: ("ERROR", "bold red"),
    Level.CRITICAL: ("FATAL", "bold white on red"),
}
_SOURCE_STYLES = ("cyan", "magenta", "blue", "bright_cyan", "bright_magenta", "bright_blue")

_FIRST, _LAST = ("frame", "pipeline", "camera"), ("trace",)
"""What a frame is found by comes before the rest, and what nobody reads after it."""

_HIDDEN = {"service", "crash", "exception", "repeated", "lost", "where"}


def line(entry: LogEntry) -> Text:
    """Time in UTC, program, level, event and facts."""
    level, style = _LEVELS[entry.level]
    colour = _SOURCE_STYLES[crc32(entry.source.encode()) % len(_SOURCE_STYLES)]
    text = Text.assemble(
        (time_text(entry.at), "dim"),
        " ",
        (f"{entry.source:{SOURCE_COLUMNS}}", colour),
        " ",
        (level, style),
        " ",
        (_one_line(entry.event), style if entry.level >= Level.WARNING else ""),
    )
    for name, value in _facts(entry):
        text.append(f"  {name}=", "dim")
        text.append(value)
    if trouble := _exception(entry.facts):
        text.append(f"  {trouble}", "red")
    return text


def to_json(entry: LogEntry) -> str:
    """One document a line, with all facts."""
    stamp = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="microseconds")
    return json.dumps(
        {
            "timestamp": stamp,
            "source": entry.source,
            "level": entry.level.name.lower(),
            "event": entry.event,
            **{name: value for name, value in entry.facts.items() if name != "source"},
        }
    )


def time_text(at: float) -> str:
    """To the millisecond, in UTC, of seconds since the Unix epoch."""
    return f"{datetime.fromtimestamp(at, UTC):%m-%d %H:%M:%S.%f}"[:-3]


def _facts(entry: LogEntry) -> Iterable[tuple[str, str]]:
    facts = {name: value for name, value in entry.facts.items() if name not in _HIDDEN}
    if "frame" in facts:  # which begins with it
        facts.pop("camera", None)
    if facts.get("worker") == entry.source:  # which begins with that of its pipeline
        del facts["worker"]
        facts.pop("pipeline", None)
    first = [name for name in _FIRST if name in facts]
    last = [name for name in _LAST if name in facts]
    middle = [name for name in facts if name not in {*first, *last}]
    for name in [*first, *middle, *last]:
        yield name, _one_line(_value_text(facts[name]))


def _value_text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _exception(facts: Mapping[str, Any]) -> str:
    """What was raised, and where; of several in a group the first."""
    if crash := facts.get("crash"):
        return f"({str(crash).count(chr(10)) + 1} lines: --json has them)"
    try:
        raised = facts["exception"][0]
        while raised.get("is_group") and raised["exceptions"]:
            raised = raised["exceptions"][0][0]
        text = f"{raised['exc_type']}: {raised['exc_value']}"
        frames = raised["frames"]
    except (LookupError, TypeError, AttributeError):
        return ""
    if not frames:
        return _one_line(text)
    last = frames[-1]
    file = str(last.get("filename", "")).rpartition("/")[2]
    return f"{_one_line(text)} ({file}:{last.get('lineno')} in {last.get('name')})"


def _one_line(text: str) -> str:
    """Without what moves the cursor, and with a bound."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= MAX_FACT else f"{plain[:MAX_FACT]}…"
