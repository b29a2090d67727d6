"""Certificates as a table."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from framemesh.cli.certificates.described import Described

SOON_DAYS = 21
"""As `framemesh doctor` has it."""


def table(found: Sequence[Described], now: datetime) -> Table:
    """One row a certificate."""
    view = Table(box=None, pad_edge=False)
    for column in ("FILE", "NAME", "ISSUED BY", "FOR", "HOSTS", "VALID UNTIL", ""):
        view.add_column(column, overflow="fold")
    for each in found:
        view.add_row(
            str(each.file),
            each.name,
            each.issuer,
            ", ".join(each.uses),
            ", ".join(each.hosts),
            f"{each.end:%Y-%m-%d}",
            _state(each, now),
        )
    return view


def _state(each: Described, now: datetime) -> str:
    if now > each.end:
        return "expired"
    if now < each.start:
        return "not valid yet"
    days = (each.end - now).days
    return f"ends in {days} days" if days < SOON_DAYS else f"{days} days"
