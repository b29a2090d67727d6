"""Running a mesh in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from framemesh.cli.local.broker_certificates import tell_the_broker
from framemesh.cli.local.errors import PortTaken
from framemesh.cli.local.lock import locked
from framemesh.cli.local.mesh import Mesh
from framemesh.cli.local.orphans import kill_orphans
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program
from framemesh.cli.local.programs import mesh_programs
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.storage import store_limit
from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.connect_settings import ConnectSettings
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.ports import is_free
from framemesh.runtime.settings import from_environment
from framemesh.tls.watched import WatchedFiles

log = get_logger()

FREE_SECONDS = 1.0
"""For a port to become free: sockets outlive a killed process for a moment."""

POLL_SECONDS = 0.05
"""Between two checks of a port."""


@asynccontextmanager
async def supervised_mesh(
    data: Path, ports: Ports, programs: Sequence[Program]
) -> AsyncIterator[Mesh]:
    """Keep the programs running while the context lasts; it does not wait until they are healthy.

    Raises:
        AlreadyRunning: another process does the same in this folder.
        PortTaken: something else listens where a program should.
        CertificatesUnusable: those of the environment are.
    """
    async with locked(data):
        if killed := await asyncio.to_thread(kill_orphans, data):
            log.warning("processes of an earlier run are stopped", processes=killed)
        await check_ports(programs)
        mesh = Mesh(data, ports, programs, SystemClock())
        watched = from_environment(ConnectSettings).connect.watch()
        try:
            async with background_task(mesh.keep()), _telling(mesh, watched):
                yield mesh
        finally:
            RunState.forget(data)
            # Processes that Triton starts outlive it when the worker that would stop them died too.
            if killed := await asyncio.to_thread(kill_orphans, data):
                log.warning("orphans are stopped", processes=killed)


def _telling(mesh: Mesh, watched: WatchedFiles | None) -> AbstractAsyncContextManager[object]:
    return nullcontext() if watched is None else background_task(tell_the_broker(mesh, watched))


@asynccontextmanager
async def running_mesh(
    data: Path,
    ports: Ports,
    *,
    store_max_bytes: int | None = None,
    programs: Sequence[Program] | None = None,
    show: Callable[[RunState], None] = lambda run: None,
) -> AsyncIterator[RunState]:
    """A whole mesh, run by this process: healthy when the context begins, gone when it ends.

    Everything it writes is under `data`. `store_max_bytes` bounds its streams; by default most of
    the free disk. `programs` replaces the usual ones. `show` is called at every change until all
    are healthy. Must be entered in the main thread.

    Raises:
        AlreadyRunning: there is one in this folder.
        PortTaken: something else listens where a program should.
        ProgramMissing: nats-server is not installed.
        StartFailed: a program ended, or was not ready in time.
    """
    if programs is None:
        if store_max_bytes is None:
            store_max_bytes = await asyncio.to_thread(store_limit, data)
        programs = mesh_programs(data, ports, store_max_bytes)
    async with supervised_mesh(data, ports, programs) as mesh:
        yield await mesh.until_ready(show)


async def check_ports(programs: Sequence[Program]) -> None:
    """Make sure that each program finds its port free.

    Raises:
        PortTaken: something else listens where a program should.
    """
    listening = [
        (program.name, address)
        for program in programs
        for address in (program.address, *program.further_addresses)
    ]
    for name, address in listening:
        host, port = address.rsplit(":", 1)
        try:
            async with asyncio.timeout(FREE_SECONDS):
                while not is_free(int(port), host):  # noqa: ASYNC110  another's port has no event
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise PortTaken(
                f"port {port}, which {name} needs, is taken: "
                "end what listens there, or choose others with --port-base"
            ) from error
