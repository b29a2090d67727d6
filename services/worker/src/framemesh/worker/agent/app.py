"""Wires the agent together."""

import asyncio
from collections.abc import Sequence

from framemesh.core.clock import SystemClock
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.rpc.server import grpc_server
from framemesh.runtime.until import until
from framemesh.worker.agent.attendance import Attendance
from framemesh.worker.agent.crew import Crew
from framemesh.worker.agent.machine import Machine
from framemesh.worker.agent.settings import AgentSettings
from framemesh.worker.agent.worker_ports import WorkerPorts
from framemesh.worker.agent.workplace import WORKER_COMMAND, Workplace


async def run(
    settings: AgentSettings, stop: asyncio.Event, command: Sequence[str] = WORKER_COMMAND
) -> None:
    """Run the agent until `stop` is set, then stop its workers. `command` starts a worker.

    Its health is SERVING while it attends the master.

    Raises:
        AddressTaken: something else listens on settings.listen.
    """
    changed = asyncio.Event()
    workplace = Workplace(settings.master, settings.data.absolute(), command)
    crew = Crew(workplace, WorkerPorts(settings.first_port), SystemClock(), changed.set)
    async with (
        grpc_server(settings.listen, []) as server,
        channel(settings.master) as master,
        asyncio.TaskGroup() as tasks,
    ):
        attendance = Attendance(
            name=settings.node,
            channel=master,
            machine=Machine(),
            crew=crew,
            changed=changed,
            attending=server.set_serving,
        )
        attending = tasks.create_task(attendance.run())
        # The master is told of the workers as they stop, so its conversation ends after them.
        await until(stop, crew.run())
        attending.cancel()
