"""How what `doctor` found looks on a terminal, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from framemesh.cli.doctor.examination import Result
from framemesh.cli.doctor.finding import Finding, Status

_MARKS = {
    Status.GOOD: ("✓", "green"),
    Status.NOTE: ("·", "dim"),
    Status.WARNING: ("!", "yellow"),
    Status.PROBLEM: ("✗", "bold red"),
}


def lines(results: Sequence[Result]) -> Iterator[RenderableType]:
    """A line for each finding, below it what to do, and last what it comes to."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for result in results:
        for number, finding in enumerate(result.findings):
            mark, style = _MARKS[finding.status]
            name = result.check if number == 0 else ""
            table.add_row(Text(mark, style), Text(name, "dim"), _words(finding, style))
    yield table
    yield Text()
    yield summary([finding for result in results for finding in result.findings])


def summary(findings: Sequence[Finding]) -> Text:
    problems = sum(finding.status is Status.PROBLEM for finding in findings)
    warnings = sum(finding.status is Status.WARNING for finding in findings)
    said = [
        f"{count} {what}" if count == 1 else f"{count} {what}s"
        for count, what in ((problems, "problem"), (warnings, "warning"))
        if count
    ]
    if not said:
        return Text("nothing is wrong", "green")
    return Text(" and ".join(said), "bold red" if problems else "yellow")


def to_json(results: Sequence[Result]) -> dict[str, Any]:
    """All findings; `healthy` is false where the exit status is 1."""
    return {
        "healthy": all(result.healthy for result in results),
        "findings": [
            {
                "check": result.check,
                "status": finding.status.value,
                "words": finding.words,
                "remedy": finding.remedy,
            }
            for result in results
            for finding in result.findings
        ],
    }


def _words(finding: Finding, style: str) -> Text:
    hurts = finding.status in {Status.WARNING, Status.PROBLEM}
    text = Text(finding.words, style if hurts else "dim" if finding.status is Status.NOTE else "")
    if finding.remedy:
        text.append(f"\n→ {finding.remedy}", "default")
    return text
