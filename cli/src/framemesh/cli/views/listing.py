"""Rows as a table where it fits, and as blocks of lines where it does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

LEAST_LAST = 24
"""Columns of the terminal for the last cell of a row, which is wrapped: three words a line."""

BETWEEN = 2
"""Blanks between two columns."""

Cell = str | Text


@dataclass(frozen=True, slots=True)
class Column:
    """The heading of one, and whether it has numbers."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Its cells, in the order of the columns; of those that it lacks nothing is known."""

    cells: Sequence[Text]
    style: str = ""


@dataclass(slots=True)
class Listing:
    """What a command that lists prints. The first cell of a row names what it is about.

    Only the last column is wrapped. Where that leaves it less than LEAST_LAST, each row is a block
    with a line for each of its cells: a name that is cut or a number that is broken in two is worse
    than a longer list.
    """

    columns: Sequence[Column]
    indent: int = 0
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: Cell, style: str = "") -> None:
        """Add a row below the others."""
        texts = [Text(cell) if isinstance(cell, str) else cell for cell in cells]
        self.rows.append(Row(texts, style))

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Called by rich with the width that there is."""
        if self._least_width() <= options.max_width:
            yield self._table()
        else:
            yield from self._blocks()

    def _least_width(self) -> int:
        """Columns of the terminal that the table takes at least."""
        widths = [Text(column.title).cell_len for column in self.columns]
        for row in self.rows:
            cells = (cell.cell_len for cell in row.cells)
            widths = [max(pair) for pair in zip_longest(widths, cells, fillvalue=0)]
        *others, last = widths
        return self.indent + sum(others) + BETWEEN * len(others) + min(last, LEAST_LAST)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, BETWEEN, 0, 0))
        for number, column in enumerate(self.columns, start=1):
            table.add_column(
                self._indented(Text(column.title)) if number == 1 else Text(column.title),
                justify="right" if column.number else "left",
                no_wrap=number < len(self.columns),
                overflow="fold",
            )
        for row in self.rows:
            name, *others = row.cells
            table.add_row(self._indented(name), *others, style=row.style)
        return table

    def _blocks(self) -> Iterator[RenderableType]:
        titles = [self._indented(Text(" " * BETWEEN + column.title)) for column in self.columns[1:]]
        width = max((title.cell_len for title in titles), default=0)
        for row in self.rows:
            name, *others = row.cells
            head = f"{self.columns[0].title} {name.plain}"
            yield self._indented(Text(head, row.style or "bold"))
            block = Table.grid(padding=(0, BETWEEN, 0, 0), pad_edge=False)
            block.add_column(no_wrap=True, min_width=width)
            block.add_column(overflow="fold")
            for title, cell in zip(titles, others, strict=False):
                if cell:
                    block.add_row(title, cell)
            yield block

    def _indented(self, text: Text) -> Text:
        return Text.assemble(" " * self.indent, text)
