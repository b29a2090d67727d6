"""Wires the agent together."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from framemesh.agent.machine.figures import NodeIdentity
from framemesh.agent.machine.identity import agent_id
from framemesh.agent.machine.machine import Machine
from framemesh.agent.master_session import MasterSession
from framemesh.agent.measurements import measure_node
from framemesh.agent.settings import AgentSettings
from framemesh.agent.start_slots import StartSlots, slots_for
from framemesh.agent.worker_env import WORKER_COMMAND, WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.agent.worker_supervisor import WorkerSupervisor
from framemesh.api.master.v1 import node_pb2
from framemesh.core.clock import SystemClock
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.processes.liveness import DEFAULT_BOUNDS, LivenessBounds
from framemesh.runtime.rpc.channel import leader_channel
from framemesh.runtime.rpc.server import grpc_server
from framemesh.runtime.rpc.tls_trouble import explained
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry

NODE_SERVICE = node_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name


class DataUnwritable(FramemeshError):
    """The data folder of an agent cannot be written to."""

    code = Code.INVALID


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
        DataUnwritable: its data folder cannot be written to.
    """
    changed = asyncio.Event()
    metrics_host = settings.metrics.rpartition(":")[0]
    data = settings.data.absolute()
    worker_env = WorkerEnv(settings.master, data, command, liveness, settings.connect, metrics_host)
    machine = Machine(worker_env.data, cpus=settings.cpus, memory_bytes=settings.memory)
    supervisor = WorkerSupervisor(
        worker_env=worker_env,
        ports=WorkerPorts(settings.first_port),
        slots=StartSlots(slots_for(machine.figures.cpus)),
        clock=SystemClock(),
        changed=changed.set,
    )
    measure_node(telemetry.meter, supervisor.report, lambda: machine.figures)
    async with (
        grpc_server(
            settings.listen, [], settings.connect, interceptors=telemetry.server_interceptors
        ) as server,
        TaskGroup() as tasks,
    ):
        session = MasterSession(
            identity=_identity(settings, worker_env.data),
            open_channel=lambda: leader_channel(
                settings.master,
                NODE_SERVICE,
                settings.connect,
                interceptors=telemetry.channel_interceptors,
            ),
            machine=machine,
            supervisor=supervisor,
            changed=changed,
            set_connected=server.set_serving,
            explain=lambda details: explained(details, settings.master, settings.connect),
        )
        until_the_end = [tasks.create_task(machine.run()), tasks.create_task(session.run())]
        # Workers are reported while they stop, so the connection ends after them.
        await run_until(stop, supervisor.run())
        for task in until_the_end:
            task.cancel()


def _identity(settings: AgentSettings, data: Path) -> NodeIdentity:
    """
    Raises:
        DataUnwritable: the agent cannot write to its data folder.
    """
    try:
        id_ = agent_id(data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataUnwritable(
            f"cannot write to {data}: {reason}; set FRAMEMESH_AGENT_DATA to another folder"
        ) from error
    return NodeIdentity(
        settings.node, id_, settings.labels, settings.price_per_hour, settings.watts
    )
