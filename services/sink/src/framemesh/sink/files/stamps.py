"""Times in the names of files."""

from datetime import UTC, datetime

FORMAT = "%Y%m%dT%H%M%SZ"


def stamp(seconds: float) -> str:
    """A Unix time as 20261129T130311Z: sorted by name, files are sorted by time."""
    return datetime.fromtimestamp(seconds, UTC).strftime(FORMAT)


def stamped(name: str) -> float | None:
    """The Unix time in the name of a file `<sink>-<time>-<number>.<end>`; None: it has none."""
    try:
        return datetime.strptime(name.split("-")[-2], FORMAT).replace(tzinfo=UTC).timestamp()
    except (IndexError, ValueError):
        return None
