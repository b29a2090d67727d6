"""The programs of a mesh on one machine."""

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from framemesh.cli.local.dashboard_token import dashboard_token
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program
from framemesh.runtime.connect_settings import ConnectSettings
from framemesh.runtime.processes.nats_health import store_problem
from framemesh.runtime.processes.nats_server import NatsServer, jetstream_health
from framemesh.runtime.processes.programs import nats_server, triton
from framemesh.runtime.processes.supervision import GRACE_SECONDS
from framemesh.runtime.rpc.health import grpc_health
from framemesh.runtime.settings import from_environment

AGENT_GRACE_SECONDS = GRACE_SECONDS + 5
"""An agent waits for its workers to stop, and then needs time for itself."""

ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
"""For services with one event loop. By default glibc gives each thread of gRPC a heap of its own,
and frames that pass between threads fragment all of them: from 2,000 to 10,000 frames ingest grew
by 13%, with one heap by 1 to 2% (bench/memory.py)."""


def require_servers() -> None:
    """Say what is not installed before anything is started.

    Raises:
        ProgramMissing: nats-server or tritonserver is not installed.
    """
    nats_server()
    if not os.environ.get("FRAMEMESH_WORKER_TRITON"):
        triton()


def mesh_programs(data: Path, ports: Ports, store_max_bytes: int) -> tuple[Program, ...]:
    """NATS and all services, with everything that they write under `data`.

    Raises:
        ProgramMissing: nats-server is not installed.
        CertificatesUnusable, BadSetting: those of the environment cannot be used.
        OSError: nothing can be written there.
    """
    data = data.absolute()
    # The programs inherit the same variables.
    settings = from_environment(ConnectSettings)
    settings.check_certificates(server=True)
    connect = settings.connect
    if connect.tls is not None:
        # It reads certificates with a library that takes long to import.
        from framemesh.cli.local.certificates import check_for_servers  # noqa: PLC0415

        check_for_servers(connect.tls)
    host, port = ports.nats.rsplit(":", 1)
    # The server adds the folder's name: its streams are in data/jetstream.
    http_port = int(ports.nats_http.rsplit(":", 1)[1])
    server = NatsServer(
        data, int(port), host, store_max_bytes, monitor_port=http_port, tls=connect.tls
    )
    nats = Program(
        "nats",
        server.address,
        server.command(),
        server.environment(),
        check=partial(jetstream_health, tls=connect.tls),
        find_problem=partial(store_problem, ports.nats_http, data),
    )
    services = (
        _service("master", ports.master, server.url, FRAMEMESH_MASTER_SPOOL=str(data / "spool")),
        _service("ingest", ports.ingest, server.url),
        _monitor(ports, server.url, dashboard_token(data)),
        _service("sink", ports.sink, server.url),
        Program(
            "agent",
            ports.agent,
            _module("framemesh.agent"),
            {
                # Its workers inherit this.
                "FRAMEMESH_NATS": server.url,
                "FRAMEMESH_AGENT_LISTEN": ports.agent,
                **_metrics("agent", ports.agent),
                "FRAMEMESH_AGENT_MASTER": ports.master,
                "FRAMEMESH_AGENT_DATA": str(data),
                "FRAMEMESH_AGENT_FIRST_PORT": str(ports.first_worker),
            },
            needs=("nats", "master"),
            grace_seconds=AGENT_GRACE_SECONDS,
        ),
    )
    health = partial(grpc_health, options=connect)
    return (nats, *(replace(service, check=health) for service in services))


def _service(name: str, address: str, nats: str, **environment: str) -> Program:
    return Program(
        name,
        address,
        _module(f"framemesh.{name}"),
        {
            "FRAMEMESH_NATS": nats,
            f"FRAMEMESH_{name.upper()}_LISTEN": address,
            **_metrics(name, address),
            **ONE_ARENA,
            **environment,
        },
        needs=("nats",),
    )


def _monitor(ports: Ports, nats: str, token: str) -> Program:
    program = _service(
        "monitor",
        ports.monitor,
        nats,
        FRAMEMESH_MONITOR_HTTP=ports.dashboard,
        FRAMEMESH_MONITOR_TOKEN=token,
        FRAMEMESH_MONITOR_MASTER=ports.master,
        FRAMEMESH_MONITOR_INGEST=ports.ingest,
        FRAMEMESH_MONITOR_BROKER_HTTP=ports.nats_http,
    )
    return replace(program, further_addresses=(ports.dashboard,))


def _metrics(name: str, address: str) -> dict[str, str]:
    variable = f"FRAMEMESH_{name.upper()}_METRICS"
    # Whoever runs `up` may have another place for them, or want none.
    return {variable: os.environ.get(variable, Ports.metrics(address))}


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)
