"""One table of the screen, with a heading."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.text import Text
from textual.widgets import DataTable

from framemesh.cli.top.tables import Column, columns

R = TypeVar("R")


class Panel(DataTable[Text], Generic[R]):
    """Rows that are replaced again and again; what is scrolled to stays."""

    def __init__(self, all_columns: Sequence[Column[R]], *, id_: str) -> None:
        super().__init__(id=id_, show_cursor=False, cell_padding=1)
        self._all = all_columns
        self._shown: list[Column[R]] = []
        self._texts: list[list[Text]] = []

    def show(self, rows: Sequence[R], terminal_columns: int) -> None:
        """Have these rows, with the columns that there is room for."""
        shown = columns(self._all, terminal_columns)
        if shown != self._shown:
            self._shown = shown
            self._texts = []
            self.clear(columns=True)
            for column in shown:
                self.add_column(_aligned(Text(column.title), column))
        texts = [[_text(column, row) for column in shown] for row in rows]
        if texts == self._texts:
            return
        self._texts = texts
        at = self.scroll_offset.y
        self.clear()
        for each in texts:
            self.add_row(*each)
        self.scroll_to(y=at, animate=False)


def _text(column: Column[R], row: R) -> Text:
    cell = column.cell(row)
    return _aligned(cell if isinstance(cell, Text) else Text(cell), column)


def _aligned(text: Text, column: Column[R]) -> Text:
    if column.number:
        text.justify = "right"
    text.no_wrap = True
    return text
