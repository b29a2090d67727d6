"""`framemesh doctor`: what is wrong with this machine or its mesh, and what to do."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from framemesh.cli.common import addresses
from framemesh.cli.common.console import print_view
from framemesh.cli.doctor.examination import examine
from framemesh.cli.doctor.surroundings import surroundings
from framemesh.cli.doctor.table import CHECKS
from framemesh.cli.local.errors import StartFailed
from framemesh.cli.local.lock import DEFAULT_DATA
from framemesh.cli.local.ports import PORT_BASE
from framemesh.cli.views.doctor import lines, to_json
from framemesh.runtime import logs


def doctor(
    *,
    data: Annotated[Path, typer.Option(help="The folder of `framemesh up`.")] = DEFAULT_DATA,
    port_base: Annotated[
        int, typer.Option(help="That of `framemesh up`.", min=1, max=65_000)
    ] = PORT_BASE,
    nats: Annotated[
        str,
        typer.Option(envvar="FRAMEMESH_NATS", help="The URL of a broker elsewhere."),
    ] = "",
    registry: Annotated[
        str,
        typer.Option(envvar="FRAMEMESH_MASTER_REGISTRY", help="The URL of a registry of images."),
    ] = "",
    ingest: addresses.IngestAddress = addresses.INGEST,
    master: addresses.MasterAddress = addresses.MASTER,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say what is wrong with this machine or its mesh, and what to do; nothing is changed.

    Exit status 1 where something does not work. The mesh of the data folder is examined while it
    runs; of one elsewhere the services and the broker that are named.
    """
    # What is wrong is told by the checks.
    logs.configure("doctor", "critical")
    named = {"ingest": ingest, "master": master, "monitor": monitor}
    try:
        around = surroundings(data, port_base, named, nats, registry)
    except OSError as error:
        raise StartFailed(f"cannot read the data folder: {error}") from error
    results = asyncio.run(examine(around, CHECKS))
    if as_json:
        typer.echo(json.dumps(to_json(results)))
    else:
        print_view(Group(*lines(results)))
    if not all(result.healthy for result in results):
        raise typer.Exit(1)
