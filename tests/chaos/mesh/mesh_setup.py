"""Sets up a mesh with one pipeline for a round."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench.scaling.simulated_model import simulated_model
from framemesh.cli.local.ports import HOST, WORKERS, Ports
from framemesh.cli.local.program import Program
from framemesh.cli.local.programs import mesh_programs
from framemesh.cli.local.running import running_mesh
from tests.chaos.faults.fault import Needs
from tests.chaos.ledger.decisions import decision_log
from tests.chaos.ledger.raw_stream import raw_streams
from tests.chaos.ledger.sink_files import SinkFiles
from tests.chaos.load.cameras import Cameras
from tests.chaos.load.images import MODEL, Images
from tests.chaos.machine import lan as network
from tests.chaos.machine.disk import small_disk
from tests.chaos.machine.lan import Lan
from tests.chaos.mesh.brokers import clustered
from tests.chaos.mesh.masters import two_masters
from tests.chaos.mesh.system_under_test import SystemUnderTest
from tests.chaos.policies import SLOW_MODEL, Policy
from tests.e2e.mesh import Mesh
from tests.integration.cluster.cluster import Cluster

SLOW_MILLISECONDS = 25.0
"""A frame: one worker does 40 a second, whatever else the machine does."""

STORE_MAX_BYTES = 4 * 1024**3
"""More than the small disk has, as when another program fills a disk that was large enough."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The optional facilities of this machine."""

    lan: Lan | None = None
    """None: the mesh uses the loopback interface of the machine."""
    small_disk: bool = False
    three_brokers: bool = False
    two_masters: bool = True

    @property
    def has(self) -> set[Needs]:
        there = {
            Needs.LAN: self.lan is not None,
            Needs.DISK: self.small_disk,
            Needs.CLUSTER: self.three_brokers,
            Needs.MASTERS: self.two_masters,
        }
        return {need for need, is_there in there.items() if is_there}


@asynccontextmanager
async def mesh_under_test(
    policy: Policy, images: Images, folder: Path, machine: Machine, cameras: int
) -> AsyncIterator[SystemUnderTest]:
    """A running mesh for `cameras` cameras, with all its files in `folder`."""
    data, lan = folder / "data", machine.lan
    async with AsyncExitStack() as stack:
        disk = await stack.enter_async_context(small_disk(data)) if machine.small_disk else None
        # The disk is removed after the round; the logs of the programs are kept elsewhere.
        stack.callback(shutil.copytree, data / "logs", folder / "mesh-logs")
        ports = network.PORTS if lan else Ports.free()
        programs, url = _programs(data, ports, machine)
        run = await stack.enter_async_context(running_mesh(data, ports, programs=programs))
        if machine.two_masters:
            run = replace(run, master=f"{run.master},{_second_master(ports, machine)}")
        mesh = Mesh(run)
        await mesh.add_model(MODEL)
        if policy.spec.workers.scales:
            slow = simulated_model(
                folder / "models" / SLOW_MODEL, SLOW_MODEL, milliseconds=SLOW_MILLISECONDS
            )
            await mesh.add_model(slow)
        # One without workers has some as soon as frames come.
        await (mesh.apply if policy.spec.workers.min else mesh.submit)(policy.spec)
        # On the small disk, where there is one, which a fault fills.
        sink = SinkFiles(data / "sink")
        await mesh.add_sink(policy.spec.name, sink.folder)
        yield SystemUnderTest(
            root=await asyncio.to_thread(psutil.Process),
            mesh=mesh,
            spec=policy.spec,
            cameras=Cameras(
                folder, run.ingest, policy.spec.name, lan.inside("cameras") if lan else ()
            ),
            names=[f"camera-{number + 1}" for number in range(cameras)],
            images=images,
            streams=await stack.enter_async_context(raw_streams(url, policy.spec.name)),
            decisions=await stack.enter_async_context(
                decision_log(url, policy.spec.name, policy.spec.workers.min)
            ),
            sink=sink,
            lan=lan,
            disk=disk,
        )


def _programs(data: Path, ports: Ports, machine: Machine) -> tuple[tuple[Program, ...], str]:
    """The programs of the mesh, and the URL of its brokers."""
    programs = mesh_programs(data, ports, STORE_MAX_BYTES)
    if machine.two_masters:
        programs = tuple(two_masters(programs, _second_master(ports, machine), data))
    if machine.three_brokers:
        cluster = Cluster(data, STORE_MAX_BYTES)
        return tuple(clustered(programs, cluster)), cluster.url
    if lan := machine.lan:
        programs = tuple(_in_network(program, lan) for program in programs)
    return programs, f"nats://{ports.nats}"


def _second_master(ports: Ports, machine: Machine) -> str:
    """Where the second master listens: on the first port that no other program of a mesh has."""
    if machine.lan:
        return network.SECOND_MASTER
    return f"{HOST}:{ports.base + WORKERS - 1}"


def _in_network(program: Program, lan: Lan) -> Program:
    """The program in its own network namespace."""
    return replace(program, command=(*lan.inside(program.name), *program.command))
