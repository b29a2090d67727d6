"""Wires the agent together."""

import asyncio
from collections.abc import Sequence

from framemesh.agent.machine import Machine
from framemesh.agent.master_session import MasterSession
from framemesh.agent.settings import AgentSettings
from framemesh.agent.worker_env import WORKER_COMMAND, WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.agent.worker_supervisor import WorkerSupervisor
from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.processes.liveness import DEFAULT_BOUNDS, LivenessBounds
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.rpc.server import grpc_server
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry


async def run(
    settings: AgentSettings,
    stop: asyncio.Event,
    command: Sequence[str] = WORKER_COMMAND,
    liveness: LivenessBounds = DEFAULT_BOUNDS,
    telemetry: Telemetry = NO_TELEMETRY,
) -> None:
    """Run the agent until `stop` is set, then stop its workers. `command` starts a worker.

    Its health is SERVING while it is connected to the master.

    Raises:
        AddressTaken: something else listens on settings.listen.
    """
    changed = asyncio.Event()
    worker_env = WorkerEnv(settings.master, settings.data.absolute(), command, liveness)
    supervisor = WorkerSupervisor(
        worker_env, WorkerPorts(settings.first_port), SystemClock(), changed.set
    )
    async with (
        grpc_server(
            settings.listen, [], settings.connect, interceptors=telemetry.server_interceptors
        ) as server,
        channel(
            settings.master, settings.connect, interceptors=telemetry.channel_interceptors
        ) as master,
        asyncio.TaskGroup() as tasks,
    ):
        session = MasterSession(
            name=settings.node,
            channel=master,
            machine=Machine(),
            supervisor=supervisor,
            changed=changed,
            set_connected=server.set_serving,
        )
        connected = tasks.create_task(session.run())
        # Workers are reported while they stop, so the connection ends after them.
        await run_until(stop, supervisor.run())
        connected.cancel()
