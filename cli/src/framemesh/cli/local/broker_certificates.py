"""Has the nats-server of a mesh read its certificates again when they change."""

import asyncio
import os
import signal

from framemesh.cli.local.mesh import Mesh
from framemesh.runtime.logs import get_logger
from framemesh.tls.watched import CHECK_SECONDS, WatchedFiles

log = get_logger()


async def tell_the_broker(mesh: Mesh, watched: WatchedFiles) -> None:
    """Runs for as long as the mesh does."""
    told = watched.current()[0]
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        version = watched.current()[0]
        if version == told or not (pid := mesh.pid("nats")):
            continue
        told = version
        os.kill(pid, signal.SIGHUP)
        log.info("the broker reads its certificates again")
