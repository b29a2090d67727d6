"""Loads an ONNX file and runs it once. A program of its own, for the Python of tritonserver's
environment: a file that ends the process, or takes all memory, ends this one only.

Usage: run_once.py FOLDER. There `request.json` says what to run, and `result.json` is written: the
seconds of one inference and the outputs' .npy files, or the error.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
SLACK_BYTES = 16 * MIB
"""Of files beside the outputs."""


def main(folder: Path) -> None:
    request = json.loads((folder / "request.json").read_text())
    _limit(request)
    try:
        result = _run(folder, request)
    except MemoryError:
        result = {"memory": True}
    except Exception as error:  # noqa: BLE001 - whatever the runtime says of the file is the answer
        result = {"error": f"{type(error).__name__}: {error}"}
    (folder / "result.json").write_text(json.dumps(result))


def _limit(request: dict[str, Any]) -> None:
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, request["memory_bytes"]),
        (resource.RLIMIT_CPU, request["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, request["output_bytes"] + SLACK_BYTES),
    ):
        resource.setrlimit(kind, (value, value))


def _run(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - its threads count against the limits
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = request["threads"]
    if request["share_weights"]:  # as workers do
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.add_session_config_entry("session.disable_prepacking", "1")
    session = onnxruntime.InferenceSession(
        request["model"], options, providers=["CPUExecutionProvider"]
    )
    feed = {name: np.load(folder / file) for name, file in request["inputs"].items()}
    session.run(None, feed)  # the first inference allocates
    started = time.perf_counter()
    answers = session.run(None, feed)
    seconds = time.perf_counter() - started
    if sum(answer.nbytes for answer in answers) > request["output_bytes"]:
        limit = request["output_bytes"] // MIB
        return {"error": f"its outputs for one image take over {limit} MiB"}
    outputs = {}
    for number, (output, answer) in enumerate(zip(session.get_outputs(), answers, strict=True)):
        outputs[output.name] = f"output{number}.npy"
        np.save(folder / outputs[output.name], answer, allow_pickle=False)
    return {"seconds": seconds, "outputs": outputs, "batches": _batches(session, feed, request)}


def _batches(session: Any, feed: dict[str, Any], request: dict[str, Any]) -> bool:
    """Whether two images in one request work, where the file says so."""
    import numpy as np  # noqa: PLC0415

    if not request["try_two"]:
        return True
    try:
        session.run(None, {name: np.concatenate([value, value]) for name, value in feed.items()})
    except Exception:  # noqa: BLE001 - whatever it is, batches do not work
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
