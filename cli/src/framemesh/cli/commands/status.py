"""`framemesh status`: the ledger of every camera, and the state of its pipeline."""

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common import addresses, converters
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CallFailed, connect, connect_master
from framemesh.cli.common.console import output_console, print_view
from framemesh.cli.local.lock import DEFAULT_DATA
from framemesh.cli.local.run_state import RunState
from framemesh.cli.views.report import PipelineReport
from framemesh.cli.views.status import view
from framemesh.runtime.processes.supervision import State

REFRESH_SECONDS = 1.0
"""Between two updates of `--watch`; the monitor's rates are means over 10 seconds."""


def status(
    pipeline: Annotated[str, typer.Argument(help="Only this pipeline.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    keep_watching: Annotated[
        bool, typer.Option("--watch", help="Update every second, until Ctrl-C.")
    ] = False,
    master: addresses.MasterAddress = addresses.MASTER,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Show the ledger of every camera, the backlog, rates, ages and workers."""
    for trouble in local_troubles(master):
        typer.secho(trouble, fg="red", err=True)
    reports = gather(pipeline, master, monitor)
    if as_json:
        typer.echo(json.dumps({"pipelines": [asdict(report) for report in reports]}))
        return
    if not keep_watching:
        print_view(view(reports))
        if dashboard := local_dashboard(master):
            typer.echo(f"dashboard  {dashboard}")
        return
    with Live(view(reports), console=output_console(), auto_refresh=False) as live:
        while True:
            time.sleep(REFRESH_SECONDS)
            try:
                reports, problem = gather(pipeline, master, monitor), ""
            except CallFailed as error:
                if not error.temporary:
                    raise
                problem = f"not up to date: {error}"
            live.update(Group(view(reports), Text(problem, style="red")), refresh=True)


def local_dashboard(master: str) -> str:
    """The address of the page of this machine's mesh, if it is that master's; else empty."""
    run = RunState.load(DEFAULT_DATA)
    return run.dashboard if run is not None and run.master == master else ""


def local_troubles(master: str) -> list[str]:
    """What keeps programs of this machine's mesh from their work, if it is that master's."""
    run = RunState.load(DEFAULT_DATA)
    if run is None or run.master != master:
        return []
    troubled = (p for p in run.programs if p.state in {State.STUCK, State.FAILED})
    return [f"{program.name} is {program.state.value}: {program.trouble}" for program in troubled]


def gather(pipeline: str, master: str, monitor: str) -> list[PipelineReport]:
    """What master and monitor say of one pipeline, or of all if `pipeline` is empty; by name.

    Without an answer of the master, what the monitor says.

    Raises:
        CallFailed: the monitor cannot be reached, or knows no such pipeline.
    """
    with connect(monitor) as channel:
        request = monitor_pb2.GetStatusRequest(pipeline=pipeline)
        answer = monitor_pb2_grpc.MonitorServiceStub(channel).GetStatus(
            request, timeout=ANSWER_TIMEOUT_SECONDS
        )
    states = {state.pipeline: state for state in answer.pipelines}
    try:
        pipelines, trouble = _listed(master), ""
    except CallFailed as error:
        pipelines, trouble = {}, str(error)
    names = {pipeline} if pipeline else {*states, *pipelines}
    return [
        converters.report_from_proto(pipelines.get(name), states.get(name), trouble)
        for name in sorted(names)
    ]


def _listed(master: str) -> dict[str, pipeline_pb2.Pipeline]:
    with connect_master(master) as channel:
        listed = pipeline_pb2_grpc.PipelineServiceStub(channel).ListPipelines(
            pipeline_pb2.ListPipelinesRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    return {one.spec.name: one for one in listed.pipelines}
