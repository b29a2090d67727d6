"""`framemesh dead ...`: frames that died."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import dead_letter_pb2, dead_letter_pb2_grpc
from framemesh.cli.common import addresses, converters
from framemesh.cli.common.calls import (
    ANSWER_TIMEOUT_SECONDS,
    CHANGE_SECONDS,
    connect,
    connect_master,
    named_errors,
)
from framemesh.cli.common.console import output_console
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import write_bytes
from framemesh.cli.dead_letters.replay import Addresses, Replayer, ReplayResult
from framemesh.cli.dead_letters.selection import Selection, is_intact, iter_dead_letters
from framemesh.cli.views.dead_letter import facts, line

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="List, show, replay and purge frames that died.",
)

REPLAY_HELP = (
    "Offer frames that died again, once what killed them is mended. Without options all of the "
    "pipeline.\n\n"
    "Each goes as a frame of the same camera in a new session, oldest first. The outcome of the "
    "old frame is on record for good, so this is a new one, which the ledger counts as another. "
    "The dead letter is deleted once the new frame is accepted."
)

Pipeline = Annotated[str, typer.Argument(show_default=False)]
OfCamera = Annotated[str, typer.Option("--camera", help="Of this camera.", show_default=False)]
OfSession = Annotated[str, typer.Option("--session", help="Of this session.", show_default=False)]
OfSequence = Annotated[
    int | None,
    typer.Option("--sequence", help="With this sequence number.", min=1, show_default=False),
]


@app.command("list")
def list_dead_letters(
    pipeline: Pipeline,
    *,
    camera: OfCamera = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """List the dead letters of a pipeline, newest first."""
    with connect(monitor) as channel:
        stub = dead_letter_pb2_grpc.DeadLetterServiceStub(channel)
        found = list(islice(iter_dead_letters(stub, Selection(pipeline, camera)), limit))
    if as_json:
        letters = list(map(converters.dead_letter_to_json, found))
        typer.echo(json.dumps({"dead_letters": letters}))
    else:
        typer.echo("\n".join(map(line, found)) or f"no dead letters in {pipeline}")


@app.command()
def show(
    pipeline: Pipeline,
    camera: Annotated[str, typer.Argument(show_default=False)],
    sequence: Annotated[int, typer.Argument(min=1, show_default=False)],
    *,
    session: Annotated[
        str, typer.Option(help="Of this session; else the newest with this number.")
    ] = "",
    save: Annotated[
        Path | None, typer.Option(help="Write the image to this file.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Show why a frame died, and what it looked like."""
    request = dead_letter_pb2.GetDeadLetterRequest(
        pipeline=pipeline, camera=camera, session=session, sequence=sequence
    )
    with connect(monitor) as channel:
        found = dead_letter_pb2_grpc.DeadLetterServiceStub(channel).GetDeadLetter(
            request, timeout=ANSWER_TIMEOUT_SECONDS
        )
    if save is not None:
        write_bytes(save, found.image)
    letter, intact = found.dead_letter, is_intact(found)
    if as_json:
        document = {**converters.dead_letter_to_json(letter), "intact": intact}
        typer.echo(json.dumps(document))
    else:
        typer.echo(facts(letter, intact=intact))


@app.command(help=REPLAY_HELP)
def replay(
    pipeline: Pipeline,
    *,
    camera: OfCamera = "",
    session: OfSession = "",
    sequence: OfSequence = None,
    now: Annotated[
        bool, typer.Option("--now", help="As captured now, for pipelines that expire old frames.")
    ] = False,
    ingest: addresses.IngestAddress = addresses.INGEST,
    master: addresses.MasterAddress = addresses.MASTER,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Fails if one of them stays."""
    selection = Selection(pipeline, camera, session, sequence or 0)
    where = Addresses(ingest, master, monitor)
    with connect(monitor) as to_monitor, connect_master(master) as to_master:
        with named_errors(monitor):
            stub = dead_letter_pb2_grpc.DeadLetterServiceStub(to_monitor)
            found = list(iter_dead_letters(stub, selection))
        replayer = Replayer(to_monitor, to_master, where, pipeline, now=now)
        replayed = 0
        try:
            for one in _with_progress(replayer.replay(found), len(found)):
                typer.echo(_line(one), err=not one.new)
                replayed += bool(one.new)
        finally:
            typer.echo(f"{replayed} of {len(found)} dead letters of {pipeline} offered again")
    if replayed < len(found):
        raise typer.Exit(1)


@app.command()
def purge(
    pipeline: Pipeline,
    *,
    camera: OfCamera = "",
    session: OfSession = "",
    sequence: OfSequence = None,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Delete dead letters, without options all of the pipeline. The ledger still counts them."""
    request = pipeline_pb2.PurgeDeadLettersRequest(
        pipeline=pipeline, camera=camera, session=session, sequence=sequence or 0
    )
    with connect_master(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).PurgeDeadLetters(
            request, timeout=CHANGE_SECONDS
        )
    typer.echo(f"{answer.purged} dead letters of {pipeline} are deleted")


def _with_progress(replays: Iterable[ReplayResult], total: int) -> Iterable[ReplayResult]:
    """With a progress bar, on a terminal."""
    console = output_console(stderr=True)
    shown: Iterable[ReplayResult] = track(
        replays, "offering", total, console=console, transient=True, disable=not console.is_terminal
    )
    return shown


def _line(one: ReplayResult) -> str:
    return f"{one.old} is now {one.new}" if one.new else f"{one.old} stays: {one.why}"
