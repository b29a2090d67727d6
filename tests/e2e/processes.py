"""The processes of a mesh, for tests that kill some."""

import contextlib
from collections.abc import Iterator

import psutil

from tests.e2e.mesh import Mesh


def processes_of(mesh: Mesh) -> Iterator[psutil.Process]:
    """Those of this mesh, and of no other: the process of the tests supervises several."""
    nats = mesh.run.nats.rpartition("/")[2]
    for program in psutil.Process(mesh.run.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            told = program.environ()
            where = told.get("FRAMEMESH_NATS", ""), told.get("FRAMEMESH_NATS_LISTEN", "")
            if any(nats in each for each in where):
                yield from (program, *program.children(recursive=True))
