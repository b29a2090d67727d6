"""A trace on a terminal."""

from typing import Any

from rich.console import Console

from framemesh.cli.tracing.jaeger import TraceSpan
from framemesh.cli.tracing.waterfall import notes, waterfall


def span(name: str, parent: str, start: int, duration: int, **attributes: Any) -> TraceSpan:
    """Its name is its id."""
    return TraceSpan(name, parent, name, "framemesh", start, duration, attributes, ())


def rows(*spans: TraceSpan) -> list[str]:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(waterfall(spans))
    return [line.rstrip() for line in capture.get().splitlines()[1:]]


def test_each_span_lies_below_the_one_that_it_belongs_to_where_it_was_in_time() -> None:
    shown = rows(
        span("frame", "", 0, 48_000),
        span("process", "frame", 24_000, 24_000),
        span("queue", "process", 24_000, 0),
        span("send", "frame", 0, 12_000),
    )
    assert [row.partition("framemesh")[0].rstrip() for row in shown] == [
        "frame",
        "  process",
        "    queue",
        "  send",
    ]
    bars = [row.partition(" ms  ")[2].partition(" ms  ")[2] for row in shown]
    assert bars == ["█" * 48, " " * 24 + "█" * 24, " " * 24 + "█", "█" * 12]


def test_a_span_whose_parent_is_not_there_is_shown() -> None:
    assert rows(span("watch", "gone", 0, 10))[0].startswith("watch")


def test_what_went_wrong_is_told_below() -> None:
    failed = span("frame", "", 0, 10, error=True, **{"otel.status_description": "cut off"})
    assert list(notes([failed, span("send", "frame", 0, 5)])) == ["frame: cut off"]
