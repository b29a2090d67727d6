"""Pipelines whose model cannot be served: how soon commands say so, and what it costs meanwhile:
`python -m bench.unservable`."""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nats
import psutil

from bench.bad_models import BAD_MODELS, MANIFEST, good
from bench.commands import Command
from bench.process_tree import adopt_orphans, cpu_seconds_of_all
from bench.submission import submit
from framemesh.cli.common.model_folder import ModelFolder
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.master.models.files import STREAM as FILES_STREAM

PIPELINE = "unservable"
SETTLE_SECONDS = 20
"""After its start a mesh is busier than later."""

IDLE_SECONDS = 30
"""How long the mesh is measured before there is a pipeline."""

SAY_SECONDS = 60.0


async def measure(kind: str, seconds: float, data: Path) -> None:
    """One kind of bad model in a mesh of its own."""
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=2 * 1024**3) as run:
        root = psutil.Process(os.getpid())
        content = BAD_MODELS[kind]() if kind in BAD_MODELS else good()
        await _register(run, content, data)
        if kind in STORE_DAMAGE:
            await STORE_DAMAGE[kind](run.nats)
        await asyncio.sleep(SETTLE_SECONDS)
        idle = await _cores(root, IDLE_SECONDS)
        before, began = cpu_seconds_of_all(root), time.monotonic()
        said = await asyncio.gather(_apply(run, data), _polled(run, "show"), _polled(run, "status"))
        print(f"{kind}:")
        for command, (after, line) in zip(("apply --wait", "show", "status"), said, strict=True):
            print(f"  {command:13}{after:5.1f} s  {line}", flush=True)
        while (left := seconds - (time.monotonic() - began)) > 0:
            await asyncio.sleep(min(left, 60))
            passed = time.monotonic() - began
            spent = cpu_seconds_of_all(root) - before
            print(
                f"  {passed:5.0f} s: {spent:.1f} s of CPU, {spent / passed - idle:.2%} of a core "
                f"more than the idle mesh ({idle:.2%})",
                flush=True,
            )


async def _gone(address: str) -> None:
    """Take all files out of the store."""
    client = await nats.connect(address)
    await client.jetstream().purge_stream(FILES_STREAM)
    await client.close()


async def _damaged(address: str) -> None:
    """Take one part of the file out of the store."""
    client = await nats.connect(address)
    stream = client.jetstream()
    first = (await stream.stream_info(FILES_STREAM)).state.first_seq
    await stream.delete_msg(FILES_STREAM, first)
    await client.close()


STORE_DAMAGE = {"gone from the store": _gone, "damaged in the store": _damaged}
KINDS = (*BAD_MODELS, *STORE_DAMAGE)


async def _register(run: RunState, content: bytes, data: Path) -> None:
    """Past the command line, which would run it and refuse it."""
    path = data / "bad.onnx"
    path.write_bytes(content)
    await submit(run.master, ModelFolder(MANIFEST, path))


async def _cores(root: psutil.Process, seconds: float) -> float:
    before = cpu_seconds_of_all(root)
    await asyncio.sleep(seconds)
    return (cpu_seconds_of_all(root) - before) / seconds


async def _apply(run: RunState, data: Path) -> tuple[float, str]:
    """Seconds until `pipeline apply --wait` says what is wrong, and the line."""
    path = data / "pipeline.yaml"
    stages = f"[{{name: only, model: {MANIFEST.name}}}]"
    path.write_text(f"name: {PIPELINE}\nstages: {stages}\n")
    command = Command("pipeline", "apply", str(path), "--wait", "--master", run.master)
    return await command.until_said("trouble: ", SAY_SECONDS)


async def _polled(run: RunState, which: str) -> tuple[float, str]:
    """Seconds until a command that is given again and again says what is wrong, and the line."""
    commands = {
        "show": ("pipeline", "show", PIPELINE, "--master", run.master),
        "status": ("status", PIPELINE, "--master", run.master, "--monitor", run.monitor),
    }
    began = time.monotonic()
    while time.monotonic() - began < SAY_SECONDS:
        output = await Command(*commands[which]).output()
        for line in output.splitlines():
            if (said := line.strip()).startswith("trouble"):
                return time.monotonic() - began, said
    return time.monotonic() - began, "nothing is said"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    adopt_orphans()
    run(options.kinds, options.seconds)


def run(kinds: Sequence[str], seconds: float) -> None:
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="framemesh-bench-") as folder:
            asyncio.run(measure(kind, seconds, Path(folder)))


if __name__ == "__main__":
    main()
