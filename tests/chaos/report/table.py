"""The table of a run, for a terminal and for a page."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from rich.table import Table

from tests.chaos.ledger.violation import Promise
from tests.chaos.report.figures import Figures

TITLES = (
    "fault",
    "times",
    "lost",
    "double",
    "out of order",
    "longest gap",
    "slowest frame",
    "recovery",
    "worst",
)
"""The last four are in seconds. Recovery is the median."""


def rich_table(figures: Sequence[Figures], *, ordered: bool) -> Table:
    table = Table(box=None)
    for at, title in enumerate(TITLES):
        table.add_column(title, justify="right" if at else "left", no_wrap=not at)
    for row in _rows(figures, ordered):
        table.add_row(*row)
    return table


def markdown(figures: Sequence[Figures], *, ordered: bool) -> str:
    lines = [TITLES, ("---", *("---:" for _ in TITLES[1:])), *_rows(figures, ordered)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows(figures: Sequence[Figures], ordered: bool) -> Iterator[tuple[str, ...]]:
    for one in figures:
        lost = one.broken[Promise.LOST] + one.broken[Promise.STUCK]
        order = str(one.broken[Promise.OUT_OF_ORDER]) if ordered else "-"
        yield (
            one.name,
            str(one.times),
            str(lost),
            str(one.broken[Promise.DOUBLE]),
            order,
            f"{one.longest_gap:.1f}",
            f"{one.slowest_frame:.1f}",
            _seconds(one.recoveries, median),
            "never" if one.unrecovered else _seconds(one.recoveries, max),
        )


def _seconds(values: Sequence[float], of: Callable[[Sequence[float]], float]) -> str:
    return f"{of(values):.1f}" if values else "-"
