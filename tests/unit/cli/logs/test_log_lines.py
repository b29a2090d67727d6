"""What the lines of a log become, whoever wrote them."""

import json
import traceback
from datetime import UTC, datetime

import pytest

from framemesh.cli.logs.entry import Level, LogEntry
from framemesh.cli.logs.lines import MAX_CRASH_LINES, Lines
from framemesh.cli.views.log_entry import line, to_json

NOON = datetime(2026, 11, 29, 12, 0, 0, 500_000, UTC).timestamp()


def events(text: str, source: str = "master") -> list[LogEntry]:
    lines = Lines(source, NOON)
    return [*lines.events(text.splitlines()), *lines.end()]


def own(event: str = "leads", level: str = "info", **facts: object) -> str:
    stamp = "2026-11-29T12:00:00.500000Z"
    return json.dumps({"event": event, "level": level, "timestamp": stamp, **facts})


def test_a_line_of_a_service_has_its_facts() -> None:
    (entry,) = events(own("frame is dead", "warning", frame="door/s/7", reason="undecodable"))
    facts = {"frame": "door/s/7", "reason": "undecodable"}
    assert entry == LogEntry(NOON, "master", Level.WARNING, "frame is dead", facts)


def test_a_line_of_nats_server_has_its_level() -> None:
    at = datetime.fromtimestamp(NOON).strftime("%Y/%m/%d %H:%M:%S.%f")
    (entry,) = events(f"[7] {at} [ERR] no space left on device", "nats")
    assert entry == LogEntry(NOON, "nats", Level.ERROR, "no space left on device")


@pytest.mark.parametrize(
    ("written", "level", "event"),
    [
        ('"loading: person:1"', "I", "loading: person:1"),
        ('"half', "W", '"half'),
        ("plain", "E", "plain"),
    ],
)
def test_a_line_of_tritonserver_has_its_year(written: str, level: str, event: str) -> None:
    (entry,) = events(f"{level}1129 12:00:00.500000 42 server.cc:7] {written}", "w/triton")
    assert (entry.at, entry.event, entry.level.name[0]) == (NOON, event, level)
    assert entry.kind == "triton"


def test_a_line_of_the_last_day_of_a_year_is_of_the_year_before() -> None:
    lines = Lines("w/triton", datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    (entry,) = lines.events(["I1231 23:59:59.000000 42 server.cc:7] bye"])
    assert datetime.fromtimestamp(entry.at, UTC).year == 2026


@pytest.mark.parametrize(
    "text", ['{"event": "half', '{"event": 1, "level": [], "timestamp": "now"}', "[7]"]
)
def test_a_line_of_no_known_form_is_told_as_it_is(text: str) -> None:
    assert [entry.event for entry in events(own() + "\n" + text)] == ["leads", text]


def test_rules_and_banners_are_left_out() -> None:
    at = datetime.fromtimestamp(NOON).strftime("%Y/%m/%d %H:%M:%S.%f")
    assert not events(f"{{}}\n-----\n\n[7] {at} [INF]  _ _    _  |_|_\n")


def test_what_triton_says_of_every_machine_without_a_gpu_is_no_error() -> None:
    said = "E1129 12:00:00.500000 42 cuda.cc:7] CudaDriverHelper has not been initialized."
    (entry,) = events(said, "w/triton")
    assert entry.level is Level.DEBUG


def test_a_traceback_is_one_event_that_says_what_was_raised() -> None:
    try:
        raise ExceptionGroup("several", [ValueError("too small"), KeyError("lens")])
    except ExceptionGroup as group:
        text = "".join(traceback.format_exception(group))
    (entry, after) = events(f"{text}{own()}")
    assert (entry.level, entry.event, after.event) == (Level.ERROR, "KeyError: 'lens'", "leads")
    assert entry.facts["crash"].startswith("  + Exception Group Traceback")


def test_two_tracebacks_are_two_events() -> None:
    one = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: {}\n'
    found = events(one.format(1) + one.format(2))
    assert [entry.event for entry in found] == ["ValueError: 1", "ValueError: 2"]


def test_the_crash_of_a_go_program_says_why() -> None:
    (entry,) = events("panic: no disk\n\ngoroutine 95 [running]:\n\tserver/util.go:379 +0x5f\n")
    assert (entry.level, entry.event) == (Level.ERROR, "panic: no disk")


def test_a_crash_without_end_is_kept_in_part() -> None:
    text = "Traceback (most recent call last):\n" + "  deeper\n" * 10 * MAX_CRASH_LINES
    (entry,) = events(f"{text}RecursionError: too deep\n")
    assert entry.event == "RecursionError: too deep"
    assert entry.facts["crash"].count("\n") < MAX_CRASH_LINES


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    (entry,) = events(own("two\nlines \x1b[2J", why="a\rb", n=3, frame="door/s/7", camera="door"))
    text = line(entry).plain
    assert "\n" not in text
    assert "\x1b" not in text
    assert text.startswith("11-29 12:00:00.500 master ")
    assert text.endswith("two lines  [2J  frame=door/s/7  why=a b  n=3")


def test_an_exception_is_told_with_its_place() -> None:
    frames = [{"filename": "/a/b.py", "lineno": 7, "name": "read"}]
    raised = {"exc_type": "OSError", "exc_value": "no", "frames": frames, "is_group": False}
    (entry,) = events(own("call failed", "error", exception=[raised]))
    assert line(entry).plain.endswith("ERROR call failed  OSError: no (b.py:7 in read)")


@pytest.mark.parametrize("exception", [[], [{}], "x", [{"is_group": True, "exceptions": [[]]}]])
def test_an_exception_of_another_form_is_left_out(exception: object) -> None:
    (entry,) = events(own("call failed", "error", exception=exception))
    assert line(entry).plain.endswith("call failed")


def test_as_json_nothing_is_left_out() -> None:
    (entry,) = events(own("leads", pipeline="street", lost=3, service="master"))
    assert json.loads(to_json(entry)) == {
        "timestamp": "2026-11-29T12:00:00.500000+00:00",
        "source": "master",
        "level": "info",
        "event": "leads",
        "pipeline": "street",
        "lost": 3,
        "service": "master",
    }


def test_no_password_that_another_program_logged_is_shown() -> None:
    found = events(
        "[7] 2026/11/29 12:00:00.5 [INF] route to nats://a:S3CR3T@h\nodd nats://a:S3CR3T@h\n"
        + own("x", url=["nats://a:S3CR3T@h"])
    )
    assert "S3CR3T" not in "".join(map(to_json, found))
