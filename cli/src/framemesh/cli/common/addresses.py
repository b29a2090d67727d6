"""Where the services are: an option, its environment variable, or this machine."""

from typing import Annotated

import typer

INGEST = "127.0.0.1:7401"
MASTER = "127.0.0.1:7402"
MONITOR = "127.0.0.1:7403"

IngestAddress = Annotated[
    str, typer.Option("--ingest", envvar="FRAMEMESH_INGEST", help="host:port of ingest.")
]
MasterAddress = Annotated[
    str,
    typer.Option(
        "--master",
        envvar="FRAMEMESH_MASTER",
        help="host:port of the master; several with commas.",
    ),
]
DASHBOARD = "127.0.0.1:7400"

DashboardAddress = Annotated[
    str,
    typer.Option("--dashboard", envvar="FRAMEMESH_DASHBOARD", help="host:port of the dashboard."),
]
JAEGER = "http://127.0.0.1:16686"

JaegerAddress = Annotated[
    str, typer.Option("--jaeger", envvar="FRAMEMESH_JAEGER", help="URL of Jaeger's page.")
]
MonitorAddress = Annotated[
    str, typer.Option("--monitor", envvar="FRAMEMESH_MONITOR", help="host:port of the monitor.")
]
