"""Stands in for a service: `service_program.py <host:port> [behaviour file]`.

It serves gRPC health. The file, where there is one, says how it behaves: "silent" never serves,
"broken" ends with an error, "stubborn" serves and ignores SIGTERM, "busy" serves and holds up its
event loop again and again.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from framemesh.core.errors import FramemeshError
from framemesh.runtime.rpc.server import grpc_server
from framemesh.runtime.service import run_service

BUSY_SECONDS = 0.7


def behaviour() -> str:
    files = [Path(name) for name in sys.argv[2:]]
    return "".join(file.read_text() for file in files if file.exists())


async def run(stop: asyncio.Event) -> None:
    how = behaviour()
    if how == "broken":
        raise FramemeshError("the disk has no letters")
    if how == "stubborn":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, int)
    async with grpc_server(sys.argv[1], []) as server:
        await server.set_serving(how != "silent")
        while how == "busy" and not stop.is_set():
            time.sleep(BUSY_SECONDS)  # noqa: ASYNC251  that is the point
            await asyncio.sleep(0.1)
        await stop.wait()


if __name__ == "__main__":
    sys.exit(run_service("stand-in", run, "info"))
