"""`python -m framemesh.cli.local`: the supervisor that `framemesh up` leaves behind."""

import argparse
import asyncio
import sys
from pathlib import Path

from framemesh.cli.local.detached import supervisor_log
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.programs import mesh_programs
from framemesh.cli.local.running import supervised_mesh
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.processes.child_log import keep_bounded
from framemesh.runtime.service import run_service


async def supervise(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run a mesh until `stop` is set. The parent process checks that it becomes ready."""
    ports = Ports(options.port_base)
    programs = mesh_programs(options.data, ports, options.store_max)
    async with (
        supervised_mesh(options.data, ports, programs),
        background_task(keep_bounded(supervisor_log(options.data))),
    ):
        await stop.wait()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port-base", type=int, required=True)
    parser.add_argument("--store-max", type=int, required=True, help="in bytes")
    options = parser.parse_args()
    return run_service("supervisor", lambda stop: supervise(options, stop), "info")


if __name__ == "__main__":
    sys.exit(main())
