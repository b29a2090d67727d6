"""A model of hundreds of megabytes, from `model submit` to a second worker of its node, and the
memory that each process takes for it: `python -m bench.large_model`."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.commands import Command
from bench.cpu import role
from bench.large_file import MB, write_convolutions, write_transformer
from bench.process_tree import peak_bytes, proportional_bytes, reset_peak
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.concurrency.background_task import background_task

MIB = 1024 * 1024
SAMPLE_SECONDS = 0.1

NETWORKS = {"transformer": write_transformer, "convolutions": write_convolutions}


@dataclass(slots=True)
class Peak:
    """The most memory that some processes took together, each page counted once among those that
    share it."""

    bytes: int = 0


@asynccontextmanager
async def peak_of(processes: Callable[[], list[psutil.Process]]) -> AsyncIterator[Peak]:
    """Sampled while the context lasts."""
    peak = Peak()

    async def sample() -> None:
        while True:
            found = await asyncio.to_thread(lambda: sum(map(proportional_bytes, processes())))
            peak.bytes = max(peak.bytes, found)
            await asyncio.sleep(SAMPLE_SECONDS)

    async with background_task(sample()):
        yield peak


async def measure(network: str, megabytes: int, data: Path, *, outside: bool) -> None:
    file = data / f"{network}.onnx"
    await asyncio.to_thread(NETWORKS[network], file, megabytes, outside=outside)
    size = await asyncio.to_thread(_size, file)
    print(f"{network}, {size / MB:.0f} MB ({size / MIB:.0f} MiB){', weights outside' * outside}")
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as run:
        mesh = psutil.Process(run.pid)
        (master,) = _of(mesh, "master")
        print(f"  master at rest {master.memory_info().rss / MIB:.0f} MiB")
        reset_peak(master)
        known = {process.pid for process in mesh.children(recursive=True)}

        def command() -> list[psutil.Process]:
            return [each for each in mesh.children(recursive=True) if each.pid not in known]

        began = time.monotonic()
        async with peak_of(command) as peak:
            await _submit(run, file)
        print(
            f"  model submit    {time.monotonic() - began:5.1f} s, all its processes "
            f"{peak.bytes / MIB:.0f} MiB ({peak.bytes / size:.2f} times the file)",
            flush=True,
        )
        await _pipeline(run, "first")
        began = time.monotonic()
        async with peak_of(lambda: _of(mesh, "triton")) as peak:
            await _ready(run, "first")
        triton = sum(map(proportional_bytes, _of(mesh, "triton")))
        (worker,) = _of(mesh, "worker")
        print(
            f"  first worker    {time.monotonic() - began:5.1f} s, its peak "
            f"{peak_bytes(worker) / MIB:.0f} MiB; its Triton at most {peak.bytes / MIB:.0f} MiB "
            f"({peak.bytes / size:.2f} times the file), then {triton / MIB:.0f} MiB"
        )
        await _pipeline(run, "second")
        began = time.monotonic()
        await _ready(run, "second")
        both = sum(map(proportional_bytes, _of(mesh, "triton")))
        print(
            f"  second worker   {time.monotonic() - began:5.1f} s, downloads "
            f"{_downloads(data / 'mesh', 'second')}; both Tritons {both / MIB:.0f} MiB"
        )
        print(f"  master's peak {peak_bytes(master) / MIB:.0f} MiB", flush=True)


def _size(file: Path) -> int:
    """With the weights beside it."""
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*"))


def _of(mesh: psutil.Process, wanted: str) -> list[psutil.Process]:
    found = []
    for process in mesh.children(recursive=True):
        try:
            if role(process) == wanted:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


async def _submit(run: RunState, file: Path) -> None:
    told = ("--name", "large", "--decoder", "classification", "--prepare", "imagenet")
    await Command("model", "submit", str(file), *told, "--master", run.master).checked()


async def _pipeline(run: RunState, name: str) -> None:
    await Command("pipeline", "create", name, "--model", "large", "--master", run.master).checked()


async def _ready(run: RunState, name: str) -> None:
    options = ("--model", "large", "--wait", "--timeout", "300", "--master", run.master)
    await Command("pipeline", "create", name, *options).checked()


def _downloads(data: Path, pipeline: str) -> int:
    """How often the workers of a pipeline have downloaded a model."""
    logs = (data / "logs/workers").glob(f"{pipeline}-*.log")
    return sum(log.read_text().count("model is downloaded") for log in logs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--network", choices=[*NETWORKS], nargs="+", default=[*NETWORKS])
    parser.add_argument("--outside", action="store_true", help="the weights in a second file")
    options = parser.parse_args()
    for network in options.network:
        with tempfile.TemporaryDirectory(prefix="framemesh-bench-") as folder:
            asyncio.run(measure(network, options.megabytes, Path(folder), outside=options.outside))


if __name__ == "__main__":
    main()
