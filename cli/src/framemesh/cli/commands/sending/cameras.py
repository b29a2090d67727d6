"""`framemesh cameras ...`: many cameras from a file; finding cameras, and looking at one."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from framemesh.cli.cameras import view as views
from framemesh.cli.cameras.fleet import Fleet
from framemesh.cli.cameras.state import read_state, state_path
from framemesh.cli.common import addresses
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from framemesh.cli.push import source_arguments
from framemesh.sources.discovery import DISCOVERY_SECONDS, discover_cameras
from framemesh.sources.locations import locate
from framemesh.sources.spec import Transport
from framemesh.sources.supervision.probe import PROBE_SECONDS, probe_source

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Send many cameras from a file, find cameras, and say what a stream is.",
)

File = Annotated[Path, typer.Argument(help="cameras.yaml", show_default=False)]
StateFile = Annotated[
    Path | None,
    typer.Option("--state", help="Where its state is; else beside it.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command()
def run(
    file: File, *, state: StateFile = None, ingest: addresses.IngestAddress = addresses.INGEST
) -> None:
    """Send the cameras of a file, each on its own; changes of the file are taken over."""
    fleet = Fleet(file, state or state_path(file), ingest, lambda line: typer.echo(line, err=True))
    status = 0
    try:
        run_interruptible(fleet.run())
    except Interrupted as error:
        status = error.status
    finally:
        for line in views.summary(fleet.state()):
            typer.echo(line)
    if status:
        raise typer.Exit(status)


@app.command()
def status(file: File, *, state: StateFile = None, as_json: AsJson = False) -> None:
    """Say how each camera of a file does, and why it failed last. Fails if nobody runs them."""
    found = read_state(state or state_path(file))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        print_view(views.table(found))
        for line in views.troubles(found):
            typer.echo(line)
    if found.is_stale:
        raise typer.Exit(1)


@app.command()
def discover(
    *,
    seconds: Annotated[
        float, typer.Option(min=0.5, max=60, help="How long to wait for answers.")
    ] = DISCOVERY_SECONDS,
    address: Annotated[
        str, typer.Option(help="Ask this host:port alone.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Find the ONVIF cameras of the networks of this machine."""
    found = discover_cameras(seconds, address)
    if as_json:
        typer.echo(json.dumps({"cameras": [asdict(one) for one in found]}))
    elif found:
        print_view(views.discovered(found))
    else:
        typer.echo(
            f"no camera answered within {seconds:g} s: is this machine in their network, and is "
            "ONVIF turned on in them?"
        )


@app.command()
def probe(
    url: Annotated[str, typer.Argument(help="As `push` takes it.", show_default=False)],
    *,
    seconds: Annotated[
        float, typer.Option(min=1, max=120, help="How long to look at it.")
    ] = PROBE_SECONDS,
    user: Annotated[str, typer.Option(help="Of the camera.", show_default=False)] = "",
    password_env: Annotated[
        str, typer.Option(help="The variable that has its password.", show_default=False)
    ] = "",
    password_file: Annotated[
        str, typer.Option(help="The file that has its password.", show_default=False)
    ] = "",
    transport: Annotated[Transport, typer.Option(help="Of RTSP.")] = Transport.TCP,
    as_json: AsJson = False,
) -> None:
    """Say what a stream is: codec, size, rate, key frames; and what to set."""
    spec = source_arguments.with_login(locate(url), user, password_env, password_file)
    report = probe_source(source_arguments.over(spec, transport), seconds)
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        return
    for line in views.probed(report):
        typer.echo(line)
