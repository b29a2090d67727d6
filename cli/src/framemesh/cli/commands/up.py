"""`framemesh up` and `framemesh down`: everything on this machine."""

import asyncio
import os
import shlex
import time
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError
from rich.console import Console

from framemesh.cli.certificates.folder import CertificateFolder
from framemesh.cli.local.certificates import (
    CLIENT,
    FOLDER,
    SERVICES,
    environment,
    mesh_certificates,
)
from framemesh.cli.local.dashboard_token import page_address
from framemesh.cli.local.detached import Supervisor, clean
from framemesh.cli.local.errors import AlreadyRunning, StartFailed
from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from framemesh.cli.local.lock import DEFAULT_DATA, down_command
from framemesh.cli.local.ports import PORT_BASE, Ports
from framemesh.cli.local.programs import require_servers
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.cli.local.startup_table import StartupTable
from framemesh.cli.local.storage import LEAST_BYTES, store_limit
from framemesh.runtime import logs

MAX_PROCESSES = 64
"""As the settings of ingest have it."""

Data = Annotated[Path, typer.Option(help="The folder for streams and logs.")]


def up(
    data: Data = DEFAULT_DATA,
    *,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Run in this terminal until Ctrl-C.")
    ] = False,
    port_base: Annotated[
        int, typer.Option(help="Everything listens on the ports after it.", min=1, max=65_000)
    ] = PORT_BASE,
    store_max: Annotated[
        str,
        typer.Option(
            metavar="SIZE",
            help="For all streams, as 10GiB. [default: 80% of the free disk, at most 64GiB]",
        ),
    ] = "",
    ingest_processes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of ingest, which share its port. [default: one, and one more for four CPUs]",
            min=1,
            max=MAX_PROCESSES,
        ),
    ] = None,
    tls: Annotated[
        bool, typer.Option("--tls", help="Encrypt everything, with certificates of its own.")
    ] = False,
) -> None:
    """Start everything on this machine and wait until it is healthy."""
    require_servers()
    if tls:
        folder = mesh_certificates(data.absolute())
        # For the supervisor, and for what it starts.
        os.environ.update(environment(folder, SERVICES))
    if ingest_processes is not None:
        os.environ["FRAMEMESH_INGEST_PROCESSES"] = str(ingest_processes)
    run = _foreground if foreground else _detached
    _finish(run(data.absolute(), Ports(port_base), _bytes(store_max)))


def down(data: Data = DEFAULT_DATA) -> None:
    """Stop what `framemesh up` started. The data stays."""
    _finish(_stop(data.absolute()))


async def _detached(data: Path, ports: Ports, store_max: int | None) -> None:
    if (running := Supervisor.find(data)) is not None:
        await _join(running, data)
        return
    if store_max is None:
        store_max = await asyncio.to_thread(store_limit, data)
    began = time.monotonic()
    supervisor = Supervisor.start(data, ports, store_max)
    try:
        with StartupTable() as table:
            run = await supervisor.until_ready(table.show)
    except BaseException:
        await supervisor.stop()
        raise
    _report_up(run, data, time.monotonic() - began, f"`{down_command(data)}` stops it")


async def _join(supervisor: Supervisor, data: Path) -> None:
    """A second `up`: it waits for the mesh that runs, and changes nothing."""
    try:
        with StartupTable() as table:
            run = await supervisor.until_ready(table.show)
    except StartFailed as error:
        raise AlreadyRunning(f"framemesh is running in {data} already, but {error}") from error
    typer.echo(f"framemesh is running in {data} already: `{down_command(data)}` stops it")
    if run.dashboard:
        typer.echo(f"dashboard  {page_address(run.dashboard, data)}")
    _tell_certificates(data)


async def _foreground(data: Path, ports: Ports, store_max: int | None) -> None:
    # The table has the terminal; warnings are printed above and below it.
    logs.configure("supervisor", "warning")
    began = time.monotonic()
    with ExitStack() as starting:
        table = starting.enter_context(StartupTable())
        async with running_mesh(data, ports, store_max_bytes=store_max, show=table.show) as run:
            starting.close()
            _report_up(run, data, time.monotonic() - began, "Ctrl-C stops it")
            await asyncio.Event().wait()


async def _stop(data: Path) -> None:
    if (supervisor := Supervisor.find(data)) is not None:
        with Console().status("stopping"):
            await supervisor.stop()
        typer.echo(f"framemesh is stopped; its data stays in {data}")
    elif killed := await asyncio.to_thread(clean, data):
        typer.echo(f"the supervisor was gone; {killed} of its processes were left and are stopped")
    else:
        typer.echo(f"nothing runs in {data}")


def _report_up(run: RunState, data: Path, seconds: float, how_to_stop: str) -> None:
    typer.echo(f"framemesh is up after {seconds:.1f} s; {how_to_stop}")
    typer.echo(f"dashboard  {page_address(run.dashboard, data)}")
    usual = Ports()
    if (run.ingest, run.master, run.monitor) != (usual.ingest, usual.master, usual.monitor):
        typer.echo(
            "it is not where the other commands look, so first:\n"
            f"  export FRAMEMESH_INGEST={run.ingest} FRAMEMESH_MASTER={run.master} "
            f"FRAMEMESH_MONITOR={run.monitor}"
        )
    _tell_certificates(data)
    typer.echo(
        "next: framemesh try puts boxes on it; framemesh model submit, framemesh pipeline create,"
        " framemesh push and framemesh watch are for your own"
    )


def _tell_certificates(data: Path) -> None:
    """Of a mesh that was started with --tls."""
    if os.environ.get("FRAMEMESH_TLS_CERT", "").startswith(f"{data / FOLDER}{os.sep}"):
        variables = environment(CertificateFolder(data / FOLDER), CLIENT)
        typer.echo(
            "it is encrypted, so the other commands need certificates:\n  export "
            + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
        )


def _finish(work: Coroutine[None, None, None]) -> None:
    try:
        run_interruptible(work)
    except Interrupted as error:
        typer.echo("interrupted", err=True)
        raise typer.Exit(error.status) from error
    except OSError as error:
        raise StartFailed(f"cannot use the data folder: {error}") from error


def _bytes(size: str) -> int | None:
    if not size:
        return None
    try:
        found = int(TypeAdapter(ByteSize).validate_python(size))
    except ValidationError as error:
        raise typer.BadParameter(f"{size!r} is no size: write 500MB or 10GiB") from error
    if found < LEAST_BYTES:
        raise typer.BadParameter(
            f"{size} is too little, use 256MiB or more: pipelines, models and the sums of the"
            " ledger take some of it before the first frame"
        )
    return found
