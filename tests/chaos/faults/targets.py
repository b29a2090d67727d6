"""Target processes of faults: descendants of this run's root process only."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import grpc.aio
import nats.errors
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.cli.common.calls import MASTER as PIPELINES
from framemesh.runtime.rpc.channel import channel
from tests.chaos.load.cameras import MODULE
from tests.chaos.mesh.system_under_test import SystemUnderTest

SERVER_NAME = "FRAMEMESH_NATS_NAME"
"""Environment variable with the name of a server of the cluster, as JSON."""

FIND_SECONDS = 20.0
"""Timeout for a process that is being restarted."""

POLL_SECONDS = 0.05

ANSWER_SECONDS = 1.0
"""Timeout for the health of a master."""


class NoTarget(Exception):
    """The target process does not run."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of process."""

    name: str
    program: str
    """The module that it runs, or the name of its executable."""
    place: str = ""
    """Its network namespace; empty for a process that shares another one's."""

    def processes(self, root: psutil.Process) -> list[psutil.Process]:
        """All running ones, oldest first."""
        return sorted(self._found(root), key=lambda process: (process.create_time(), process.pid))

    async def choose(self, system: SystemUnderTest, random: Random) -> psutil.Process:
        """One of them.

        Raises:
            NoTarget: none was found within FIND_SECONDS.
        """
        chance = random.random()
        try:
            async with asyncio.timeout(FIND_SECONDS):
                while not (found := await self.candidates(system)):
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise NoTarget(f"no {self.name} runs") from error
        return found[int(chance * len(found))]

    async def candidates(self, system: SystemUnderTest) -> list[psutil.Process]:
        """The running processes that may be chosen."""
        return await asyncio.to_thread(self.processes, system.root)

    def _found(self, root: psutil.Process) -> Iterator[psutil.Process]:
        for process in root.children(recursive=True):
            try:
                if self._matches(process.cmdline()):
                    # psutil identifies a process by pid and start time.
                    process.create_time()
                    yield process
            except psutil.NoSuchProcess:
                continue

    def _matches(self, words: list[str]) -> bool:
        if not words:
            return False  # a zombie
        return words[1:3] == ["-m", self.program] or Path(words[0]).name == self.program


@dataclass(frozen=True, slots=True)
class RankedServer(Target):
    """A nats-server of the cluster, chosen by its role in the buffer's first stream."""

    leads: bool = False

    async def candidates(self, system: SystemUnderTest) -> list[psutil.Process]:
        try:
            ranks = await system.streams.servers()
            found = await asyncio.to_thread(self.processes, system.root)
            return [one for one in found if ranks.get(_server_name(one)) is self.leads]
        except (nats.errors.Error, psutil.NoSuchProcess):
            return []  # an election, or no answer: asked again


@dataclass(frozen=True, slots=True)
class LeadingMaster(Target):
    """The master that leads, of several: the one that serves their calls."""

    async def candidates(self, system: SystemUnderTest) -> list[psutil.Process]:
        for address in system.mesh.run.master.split(","):
            if await _leads(address):
                found = await asyncio.to_thread(self.processes, system.root)
                return [one for one in found if _listens(one) == address]
        return []  # an election: asked again


async def _leads(address: str) -> bool:
    async with channel(address, own_connection=True) as to:
        request = health_pb2.HealthCheckRequest(service=PIPELINES)
        try:
            answer = await health_pb2_grpc.HealthStub(to).Check(request, timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _listens(process: psutil.Process) -> str:
    """The address of a master; empty: it has ended."""
    try:
        return process.environ().get("FRAMEMESH_MASTER_LISTEN", "")
    except psutil.NoSuchProcess:
        return ""


def _server_name(process: psutil.Process) -> str:
    return str(json.loads(process.environ()[SERVER_NAME]))


NATS = Target("nats-server", "nats-server", "nats")
INGEST = Target("ingest", "framemesh.ingest", "ingest")
WORKER = Target("worker", "framemesh.worker")
AGENT = Target("agent", "framemesh.agent", "agent")
TRITON = Target("tritonserver", "tritonserver")
STUB = Target("triton stub", "triton_python_backend_stub")
MASTER = Target("master", "framemesh.master", "master")
LEADING_MASTER = LeadingMaster("leading master", "framemesh.master", "master")
MONITOR = Target("monitor", "framemesh.monitor", "monitor")
SINK = Target("sink", "framemesh.sink", "sink")
CAMERA = Target("camera", MODULE, "cameras")
LEADER = RankedServer("leader of three", "nats-server", leads=True)
FOLLOWER = RankedServer("follower of three", "nats-server", leads=False)
