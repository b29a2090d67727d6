"""Time to register and to download large models, and the master's memory meanwhile:
`python -m bench.model_transfer`."""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import psutil
from onnx import TensorProto, helper

from bench.cpu import role
from bench.frames import MODEL
from bench.process_tree import peak_bytes, reset_peak
from bench.submission import submit
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.worker.models.cache import ModelCache
from framemesh.worker.models.fetcher import ModelFetcher

MEGABYTES = (24, 105, 210, 367)
MB, MIB = 1_000_000, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Transfer:
    """One model, there and back."""

    register_seconds: float
    download_seconds: float
    again_seconds: float
    """For a second worker of the node."""
    master_bytes: int
    """The most that the master had resident meanwhile."""


def grown(megabytes: int, path: Path) -> None:
    """The bundled model with weights that nothing uses, so that its file has this size."""
    model = onnx.load(MODEL / "1/model.onnx")
    size = megabytes * MB - model.ByteSize()
    padding = helper.make_tensor("padding", TensorProto.UINT8, [size], os.urandom(size), raw=True)
    model.graph.initializer.append(padding)
    onnx.save(model, path)


async def transfer(address: str, master: psutil.Process, megabytes: int, data: Path) -> Transfer:
    folder = read_model_folder(MODEL)
    name = f"padded-{megabytes}"
    path = data / f"{name}.onnx"
    await asyncio.to_thread(grown, megabytes, path)
    padded = replace(folder, manifest=replace(folder.manifest, name=name), file=path)
    reset_peak(master)
    started = time.perf_counter()
    await submit(address, padded)
    registered = time.perf_counter()
    await _fetch(address, name, data / "models")
    downloaded = time.perf_counter()
    await _fetch(address, name, data / "models")
    again = time.perf_counter()
    return Transfer(
        registered - started, downloaded - registered, again - downloaded, peak_bytes(master)
    )


async def _fetch(address: str, name: str, folder: Path) -> None:
    with closing(ModelCache(folder)) as cache:
        await ModelFetcher(address, "worker", cache).fetch([StageSpec("stage", name)])


async def measure(data: Path, sizes: Sequence[int]) -> None:
    async with running_mesh(data / "mesh", Ports.free()) as run:
        children = psutil.Process(run.pid).children(recursive=True)
        (master,) = (child for child in children if role(child) == "master")
        print(f"master at rest: {master.memory_info().rss / MIB:.0f} MiB")
        print("      MB  register s  download s  second worker s  master's peak MiB")
        for size in sizes:
            found = await transfer(run.master, master, size, data)
            print(
                f"{size:8}{found.register_seconds:12.2f}{found.download_seconds:12.2f}"
                f"{found.again_seconds:17.2f}{found.master_bytes / MIB:19.0f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=MEGABYTES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="framemesh-bench-") as folder:
        asyncio.run(measure(Path(folder), options.megabytes))


if __name__ == "__main__":
    main()
