"""Stands in for a worker: serves gRPC health on the address that it is given, as workers do.

How it behaves is in a file beside its data folder, so that a test can change it between two starts:
"ready" (also when there is none), "silent" (never serves), "broken" (ends with an error), or
"unservable" (ends with one that would come again).
Workers of revision 13 are broken without a file.
"""

import asyncio
import os
import sys
from pathlib import Path

from framemesh.core.errors import FramemeshError
from framemesh.modeling.errors import ModelInvalid
from framemesh.runtime.rpc.server import grpc_server
from framemesh.runtime.service import run_service


def behaviour() -> str:
    file = Path(f"{os.environ['FRAMEMESH_WORKER_DATA']}.behaviour")
    return file.read_text() if file.exists() else "ready"


async def run(stop: asyncio.Event) -> None:
    how = behaviour()
    if how == "broken" or os.environ["FRAMEMESH_WORKER_REVISION"] == "13":
        raise FramemeshError("the model has no output")
    if how == "unservable":
        raise ModelInvalid("Triton cannot load the model")
    async with grpc_server(os.environ["FRAMEMESH_WORKER_LISTEN"], []) as server:
        await server.set_serving(how == "ready")
        await stop.wait()


if __name__ == "__main__":
    sys.exit(run_service("worker", run, "info"))
