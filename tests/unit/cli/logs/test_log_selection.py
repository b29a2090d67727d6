"""Which events `framemesh logs` shows."""

import pytest

from framemesh.cli.logs.entry import Level, LogEntry
from framemesh.cli.logs.selection import Selection

DEAD = LogEntry(
    100.0, "street-r1-0", Level.WARNING, "frame is dead",
    {"service": "worker", "pipeline": "street", "camera": "door", "frame": "door/s/7"},
)  # fmt: skip
TRITON = LogEntry(100.0, "street-r1-0/triton", Level.ERROR, "out of memory")
STARTED = LogEntry(100.0, "agent", Level.INFO, "process started", {"name": "street-s2-0"})
SCALED = LogEntry(100.0, "master", Level.INFO, "scaled", {"pipeline": "yard"})
ALL = [DEAD, TRITON, STARTED, SCALED]


@pytest.mark.parametrize(
    ("selection", "shown"),
    [
        (Selection(), ALL),
        (Selection(level=Level.WARNING), [DEAD, TRITON]),
        (Selection(services=frozenset({"worker"})), [DEAD]),
        (Selection(services=frozenset({"triton", "master"})), [TRITON, SCALED]),
        (Selection(services=frozenset({"street-r1-0"})), [DEAD]),
        (Selection(pipeline="street"), [DEAD, TRITON, STARTED]),
        (Selection(pipeline="yard"), [SCALED]),
        (Selection(camera="door"), [DEAD]),
        (Selection(camera="doo"), []),
        (Selection(since=101.0), []),
    ],
)
def test_all_conditions_hold(selection: Selection, shown: list[LogEntry]) -> None:
    assert [entry for entry in ALL if selection(entry)] == shown
