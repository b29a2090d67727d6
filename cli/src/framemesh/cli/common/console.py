"""How wide output may be: as its terminal, and as its lines where there is none."""

import sys

import typer
from rich.console import Console, RenderableType

UNLIMITED = 1_000_000
"""Columns: wider than any line. What reads a pipe or a file counts on one line a row."""


def output_console(*, stderr: bool = False) -> Console:
    """A console on standard output, or standard error, that wraps and cuts on a terminal alone."""
    console = Console(stderr=stderr)
    # Not what the console says of itself: FORCE_COLOR makes a terminal of every pipe.
    if not console.file.isatty():
        console.width = UNLIMITED
    return console


def print_view(view: RenderableType) -> None:
    """Print it on standard output. In a pipe no line ends in blanks that fill a column."""
    console = output_console()
    if sys.stdout.isatty():
        console.print(view)
        return
    with console.capture() as capture:
        console.print(view)
    for line in capture.get().splitlines():
        typer.echo(line.rstrip())
