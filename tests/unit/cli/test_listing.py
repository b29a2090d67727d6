"""What commands that list print, in a pipe and on terminals of any width."""

import pytest
from rich.console import Console

from framemesh.cli.common.console import output_console, print_view
from framemesh.cli.views.listing import Column, Listing

LONG_NAME = "ip-10-0-0-17.eu-central-1.compute.internal"
LONG_WORDS = "no node has room for it, as each of them has too few CPUs that are not reserved " * 3


def listing(*rows: tuple[str, str, str], indent: int = 0) -> Listing:
    view = Listing([Column("node"), Column("CPUs", number=True), Column("trouble")], indent)
    for row in rows:
        view.add(*row)
    return view


def on_a_terminal(view: Listing, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(view)
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("environment", [{}, {"COLUMNS": "80"}, {"FORCE_COLOR": "1"}])
def test_in_a_pipe_a_row_is_one_line_whatever_its_length(
    environment: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    print_view(listing(("east", "8", LONG_WORDS), (LONG_NAME * 5, "128", "")))
    heading, east, other = capsys.readouterr().out.splitlines()
    assert heading.split() == ["node", "CPUs", "trouble"]
    assert east.split(maxsplit=2) == ["east", "8", LONG_WORDS.rstrip()]
    assert other == f"{LONG_NAME * 5}   128"
    assert output_console(stderr=True).width > len(LONG_WORDS)


def test_on_a_terminal_the_last_column_alone_is_wrapped() -> None:
    heading, first, *others = on_a_terminal(listing((LONG_NAME, "8", LONG_WORDS)), 80)
    assert heading.split() == ["node", "CPUs", "trouble"]
    assert first.startswith(f"{LONG_NAME}     8  no node")
    assert all(line.startswith(" " * 50) for line in others)
    assert " ".join([first[50:].strip(), *map(str.strip, others)]) == LONG_WORDS.strip()


def test_what_fits_on_no_line_is_a_block_of_lines() -> None:
    view = listing((LONG_NAME, "8", LONG_WORDS), ("east", "2", ""), indent=2)
    assert on_a_terminal(view, 60) == [
        f"  node {LONG_NAME}",
        "    CPUs     8",
        "    trouble  no node has room for it, as each of them has",
        "             too few CPUs that are not reserved no node has",
        "             room for it, as each of them has too few CPUs",
        "             that are not reserved no node has room for it,",
        "             as each of them has too few CPUs that are not",
        "             reserved",
        "  node east",
        "    CPUs     2",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_nothing_is_cut(width: int) -> None:
    shown = on_a_terminal(listing((LONG_NAME, "1048576", LONG_WORDS), ("west", "1", "-")), width)
    whole = "".join("".join(shown).split())
    assert LONG_NAME in whole
    assert "1048576" in whole
    assert "…" not in whole
    assert whole.count("reserved") == 3


def test_brackets_are_no_markup() -> None:
    assert on_a_terminal(listing(("east", "8", "[bold]x[/bold]")), 80)[1].endswith("[bold]x[/bold]")
