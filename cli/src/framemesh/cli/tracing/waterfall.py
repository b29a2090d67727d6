"""A trace on a terminal: a row a span, each where it lies in the life of the frame."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from framemesh.cli.tracing.jaeger import TraceSpan

BAR_COLUMNS = 48

MIN_MICROS = 1
"""Of a whole trace, so that all has a place in it."""


def waterfall(spans: Sequence[TraceSpan]) -> Table:
    """One trace as a table. A row is indented below the span that it belongs to."""
    table = Table.grid(padding=(0, 2))
    table.add_column("span", no_wrap=True)
    table.add_column("service", no_wrap=True)
    table.add_column("from", justify="right", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_row("[bold]span", "[bold]service", "[bold]from", "[bold]took", "")
    begin = min(span.start_micros for span in spans)
    whole = max(MIN_MICROS, max(span.end_micros for span in spans) - begin)
    for depth, span in _in_order(spans):
        style = "red" if span.error else ""
        table.add_row(
            Text("  " * depth + span.name, style),
            Text(span.service, "dim"),
            _milliseconds(span.start_micros - begin),
            _milliseconds(span.duration_micros),
            Text(_bar(span, begin, whole), style or "cyan"),
        )
    return table


def notes(spans: Sequence[TraceSpan]) -> Iterator[str]:
    """What went wrong, a line each."""
    for span in spans:
        if span.error:
            yield f"{span.name}: {span.error}"


def _in_order(spans: Sequence[TraceSpan]) -> Iterator[tuple[int, TraceSpan]]:
    """Each span after the one that it belongs to, with its depth; by their start."""
    known = {span.id for span in spans}
    children: dict[str, list[TraceSpan]] = {}
    for span in spans:
        children.setdefault(span.parent if span.parent in known else "", []).append(span)
    waiting = [(0, span) for span in reversed(children.pop("", []))]
    while waiting:
        depth, span = waiting.pop()
        yield depth, span
        waiting += [(depth + 1, child) for child in reversed(children.pop(span.id, []))]


def _bar(span: TraceSpan, begin: int, whole: int) -> str:
    """Where a span lies: at least one column, and never past the end."""
    first = min(BAR_COLUMNS - 1, BAR_COLUMNS * (span.start_micros - begin) // whole)
    last = BAR_COLUMNS * (span.end_micros - begin) // whole
    return " " * first + "█" * max(1, last - first)


def _milliseconds(micros: int) -> str:
    return f"{micros / 1000:.1f} ms"
