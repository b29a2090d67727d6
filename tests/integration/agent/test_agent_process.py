"""The agent as a process: nothing outlives it, however it ends."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from framemesh.agent.settings import AgentSettings
from framemesh.runtime.processes.child import Child
from tests.integration.agent.conftest import ScriptedMaster, ready

PROGRAM = Path(__file__).with_name("agent_program.py")


@pytest.fixture
async def master(settings: AgentSettings) -> AsyncIterator[ScriptedMaster]:
    master = ScriptedMaster()
    async with master.listening(settings.master):
        yield master


@pytest.fixture
async def agent(settings: AgentSettings, master: ScriptedMaster) -> AsyncIterator[Child]:
    names = ("master", "node", "listen", "first_port", "data")
    agent = await Child.start(
        (sys.executable, PROGRAM),
        name="agent",
        log=settings.data / "agent.log",
        environment={
            f"FRAMEMESH_AGENT_{name.upper()}": str(getattr(settings, name)) for name in names
        },
    )
    yield agent
    await agent.stop(20)


async def _two_workers(master: ScriptedMaster) -> list[psutil.Process]:
    await master.assign(north=1, south=1)
    node = await master.reported(ready("north", "south"))
    return [psutil.Process(worker.pid) for worker in node.workers]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_no_worker_outlives_its_agent(
    master: ScriptedMaster, agent: Child, number: signal.Signals
) -> None:
    workers = await _two_workers(master)
    psutil.Process(agent.pid).send_signal(number)
    status = await agent.wait()
    assert status == (-number if number is signal.SIGKILL else 0)
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, 5)
    assert not alive
