"""`framemesh logs`: what all programs of a mesh on this machine logged, as one log."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from framemesh.cli.common.console import output_console
from framemesh.cli.local.lock import DEFAULT_DATA
from framemesh.cli.logs.entry import Level, LogEntry
from framemesh.cli.logs.following import FollowedLogs
from framemesh.cli.logs.log_files import log_files
from framemesh.cli.logs.reading import merged
from framemesh.cli.logs.selection import Selection
from framemesh.cli.views.log_entry import line, to_json
from framemesh.core.errors import Code, FramemeshError

POLL_SECONDS = 0.2
"""Between two looks at the files: a person takes it for at once."""

FOLLOWED_LINES = 20
"""Shown before what is new, unless --lines says otherwise."""

_SINCE = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


KINDS = ("worker", "triton")
"""Of which there are many."""


class LevelName(StrEnum):
    """As the services name them."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class NoLogs(FramemeshError):
    """There is no mesh in the folder, and never was."""

    code = Code.NOT_FOUND


def logs(
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is logged, until Ctrl-C.")
    ] = False,
    services: Annotated[
        list[str] | None,
        typer.Option(
            "--service",
            help="Only of this program: a service, nats, supervisor, worker, triton, or the id of "
            "a worker; may be repeated.",
            show_default=False,
        ),
    ] = None,
    level: Annotated[LevelName, typer.Option(help="This or worse.")] = LevelName.DEBUG,
    pipeline: Annotated[str, typer.Option(help="Only of this pipeline.")] = "",
    camera: Annotated[str, typer.Option(help="Only of this camera.")] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Only the last 30s, 15m, 2h or 1d.")
    ] = "",
    lines: Annotated[
        int | None,
        typer.Option(
            "--lines",
            "-n",
            min=0,
            show_default=False,
            help="Only so many, the newest; by default all, with --follow 20.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
    data: Annotated[Path, typer.Option(help="The folder of `framemesh up`.")] = DEFAULT_DATA,
) -> None:
    """Print the logs of all programs of this machine's mesh as one, by time.

    Times are in UTC. Of a swarm `docker service logs --follow framemesh_master` prints those of a
    service, and those of the others likewise.
    """  # fmt: skip
    files = log_files(data)
    if not files:
        raise NoLogs(
            f"no logs in {data / 'logs'}: --data names the folder of `framemesh up`; of a swarm"
            " `docker service logs --follow framemesh_master` prints those of a service"
        )
    _check_names(services or (), {file.source for file in files})
    selection = Selection(
        services=frozenset(services or ()),
        level=Level.of(level),
        pipeline=pipeline,
        camera=camera,
        since=time.time() - _seconds(since) if since else 0.0,
    )
    show = _json if as_json else _text()
    if follow:
        _follow(FollowedLogs(data), selection, show, FOLLOWED_LINES if lines is None else lines)
    chosen: Iterable[LogEntry] = filter(selection, merged(files))
    for entry in chosen if lines is None else deque(chosen, lines):
        show(entry)


def _follow(
    followed: FollowedLogs, selection: Selection, show: Callable[[LogEntry], None], lines: int
) -> None:
    """Until this is interrupted, or nobody reads any more."""
    for entry in deque(filter(selection, followed.new()), lines):
        show(entry)
    while True:
        for entry in filter(selection, followed.new()):
            show(entry)
        time.sleep(POLL_SECONDS)


def _json(entry: LogEntry) -> None:
    typer.echo(to_json(entry))


def _text() -> Callable[[LogEntry], None]:
    console = output_console()
    if not console.is_terminal:
        return lambda entry: typer.echo(line(entry).plain)
    return lambda entry: console.print(line(entry), soft_wrap=True)


def _check_names(named: Iterable[str], programs: set[str]) -> None:
    """A name that nobody has would show nothing, for ever."""
    for name in named:
        if name not in {*programs, *KINDS}:
            known = ", ".join(sorted(each for each in programs if "/" not in each))
            raise NoLogs(f"no program is named {name!r}: there are {known}, worker, triton")


def _seconds(since: str) -> float:
    found = _SINCE.fullmatch(since)
    if found is None:
        raise typer.BadParameter(f"--since {since!r}: write 30s, 15m, 2h or 1d")
    return timedelta(**{_UNITS[found[2]]: float(found[1])}).total_seconds()
