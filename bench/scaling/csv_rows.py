"""The rows of a file of measurements, for the scripts that draw; it needs nothing of framemesh."""

import csv
import sys
from collections.abc import Mapping
from pathlib import Path

Row = Mapping[str, str]


def rows(file: Path, measure: str) -> list[Row]:
    """
    Args:
        measure: the command that writes the file.

    Raises:
        SystemExit: it was not measured yet, with how that is done.
    """
    try:
        with file.open(newline="") as lines:
            return [*csv.DictReader(lines)]
    except FileNotFoundError:
        sys.exit(
            f"{file} is missing: measure with `{measure}`, on a machine that does nothing else"
        )
