"""The short form of `make soak`: the same run, judged by the same bounds, in half a minute."""

import asyncio
import signal
import sys
from pathlib import Path

from bench.soak.samples import recorded
from tests.e2e.mesh import ROOT

SECONDS = 30
RATE = 20
LIMIT_SECONDS = 100
"""With the start of the mesh, its drain and its end."""


async def test_a_mesh_under_load_grows_by_nothing_and_loses_nothing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.soak",
        f"--seconds={SECONDS}",
        f"--rate={RATE}",
        "--every=1",
        "--simulated",
        # What a process needs once, such as a pool's threads and a page of metrics, is a large part
        # of so short a run.
        "--growth=0.2",
        f"--out={tmp_path}",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            # As Ctrl-C: it stops its mesh first.
            process.send_signal(signal.SIGINT)
            await process.wait()
    assert process.returncode == 0, said.decode()
    found = recorded(tmp_path)
    roles = {sample.role for sample in found.processes}
    assert {"nats", "ingest", "worker", "triton", "monitor", "master", "agent"} <= roles
    assert found.ledger[-1].done == SECONDS * RATE
