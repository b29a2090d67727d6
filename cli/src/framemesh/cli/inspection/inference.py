"""One inference of a file in a process of its own, with limits on memory and on time."""

import json
import math
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.mapped_weights import is_large, written_apart
from framemesh.modeling.recognition.probe import Probe
from framemesh.modeling.runtime_message import plain_message
from framemesh.runtime.processes.programs import triton_environment

GIB = 1024**3
MIB = 1024**2

SCRIPT = Path(__file__).with_name("run_once.py")

MAX_OUTPUT_BYTES = 256 * MIB
"""Of one image; larger answers do not fit into any message either."""

THREADS = 2


BUSY = 0.5
"""A process that had less than this of a CPU waited for others, or for a disk."""

PATIENCE = 3
"""Times its limit it may take then: no model is refused because the machine has other work."""


class InferenceFailed(FramemeshError):
    """A file does not load, or does not run."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process that runs a file."""

    seconds: float
    memory_bytes: int

    @classmethod
    def of(cls, path: Path) -> "Limits":
        """8 s and 4 GiB, and more for large files: they are read from a disk."""
        size = path.stat().st_size
        return cls(8 + size / (200 * MIB), 4 * GIB + 4 * size)


@dataclass(frozen=True, slots=True)
class Inference:
    """What came of it."""

    probe: Probe
    batches: bool
    """Two images in one request worked, or were not tried."""


def runtime_python() -> Path | None:
    """The Python that has workers' onnxruntime; None where tritonserver is not installed so."""
    python = triton_environment() / "bin/python"
    found = next(triton_environment().glob("lib/python3*/site-packages/onnxruntime"), None)
    return python if found is not None and os.access(python, os.X_OK) else None


def run_once(
    python: Path,
    model: Path,
    inputs: Mapping[str, NDArray[Any]],
    *,
    try_two: bool,
    limits: Limits | None = None,
) -> Inference:
    """Run `model` on `inputs`.

    Raises:
        InferenceFailed: it does not load or run, or takes more memory or time than it may.
    """
    limits = limits or Limits.of(model)
    with tempfile.TemporaryDirectory(prefix="framemesh-inference-") as name:
        folder = Path(name)
        _write_request(folder, model, inputs, limits, try_two)
        _run(python, folder, model, limits)
        return _read_result(folder, model, limits)


def _write_request(
    folder: Path,
    model: Path,
    inputs: Mapping[str, NDArray[Any]],
    limits: Limits,
    try_two: bool,
) -> None:
    files = {}
    for number, (name, values) in enumerate(inputs.items()):
        files[name] = f"input{number}.npy"
        np.save(folder / files[name], values, allow_pickle=False)
    large = is_large(model)
    apart = large and written_apart(model, folder / "model.onnx", "weights.onnx")
    request = {
        "model": str(folder / "model.onnx" if apart else model.resolve()),
        "share_weights": large,
        "inputs": files,
        "memory_bytes": limits.memory_bytes,
        # A busy thread more than the runtime's own is a runaway.
        "cpu_seconds": int(limits.seconds * (THREADS + 1)) + 1,
        "output_bytes": MAX_OUTPUT_BYTES,
        "threads": THREADS,
        "try_two": try_two,
    }
    (folder / "request.json").write_text(json.dumps(request))


def _run(python: Path, folder: Path, model: Path, limits: Limits) -> None:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        # Each thread of BLAS reserves memory that counts against the limit, and none is needed.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with subprocess.Popen(
        (str(python), "-I", str(SCRIPT), str(folder)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
    ) as process:
        try:
            status = _wait(process, limits.seconds)
        except subprocess.TimeoutExpired as error:
            raise InferenceFailed(
                f"{model.name}: loading it and running it once took over {error.timeout:.0f} s: "
                "use a smaller model"
            ) from error
        finally:
            process.kill()
    if (folder / "result.json").exists():
        return
    if status == -signal.SIGXCPU:
        raise InferenceFailed(f"{model.name}: it took too much CPU time: use a smaller model")
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    raise InferenceFailed(
        f"{model.name}: onnxruntime ended with {how} while it loaded or ran it: export it anew"
    )


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> int:
    """The exit status of a process that may take so long, and longer while it has to wait.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        if _cpu_seconds(process) > seconds * BUSY:
            raise
    try:
        return process.wait(seconds * (PATIENCE - 1))
    except subprocess.TimeoutExpired as error:
        raise subprocess.TimeoutExpired(error.cmd, seconds * PATIENCE) from error


def _cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    """What it had so far; infinite for one that has just ended."""
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return math.inf
    return float(times.user + times.system)


def _read_result(folder: Path, model: Path, limits: Limits) -> Inference:
    result = json.loads((folder / "result.json").read_text())
    error = " ".join(str(result.get("error", "")).split())
    if result.get("memory") or "bad_alloc" in error or "allocate memory" in error:
        raise InferenceFailed(
            f"{model.name}: it takes over {limits.memory_bytes / GIB:.1f} GiB of memory: use a "
            "smaller model or a smaller input"
        )
    if error:
        raise InferenceFailed(f"{model.name} does not run: {plain_message(error)}")
    outputs = {
        name: np.load(folder / file, allow_pickle=False) for name, file in result["outputs"].items()
    }
    return Inference(Probe(outputs, result["seconds"]), result["batches"])
