"""A mesh with a supervisor of its own, so that its CPU time can be told from that of another."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bench.frames import MODEL, ROOT
from bench.throughput import Mesh
from framemesh.cli.local.detached import Supervisor
from framemesh.cli.local.ports import Ports

STORE_BYTES = 2 * 1024**3


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@asynccontextmanager
async def separate_mesh(
    data: Path,
    ports: Ports,
    environment: Mapping[str, str],
    model_folder: Path = MODEL,
    *,
    checkout: Path = ROOT,
) -> AsyncIterator[Mesh]:
    """A running mesh with one pipeline of one model.

    Args:
        environment: of its processes, beside ours.
        checkout: whose cameras push to it.
    """
    with _environment(environment):
        supervisor = Supervisor.start(data, ports, STORE_BYTES)
    try:
        run = await supervisor.until_ready(lambda _: None)
        found = Mesh(run, model_folder, checkout=checkout, environment=environment)
        await found.prepare()
        yield found
    finally:
        await supervisor.stop()
