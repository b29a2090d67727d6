"""The tritonserver that workers start: it is started, and makes one real inference."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from framemesh.cli.common.bundled import bundled
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.doctor.finding import Finding, good, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.core.documents.document import dump
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.programs import triton
from framemesh.runtime.rpc.health_call import health_of

SECONDS = 90.0
"""It takes 3 s on an idle machine, and many times as long on one that has much else to do."""

GRACE_SECONDS = 5.0

ANSWER_SECONDS = 3.0
"""For one at an address."""

CORRECT = "look at its log, or correct FRAMEMESH_WORKER_TRITON: host:port of its gRPC"
REMEDY = "`framemesh setup` installs it anew; FRAMEMESH_TRITON_SERVER names another"


async def examine(_: Surroundings) -> Sequence[Finding]:
    """
    Raises:
        ProgramMissing: there is none; it says how to install it.
    """
    if remote := os.environ.get("FRAMEMESH_WORKER_TRITON"):
        return [await in_thread(lambda: elsewhere(remote))]
    server = triton().server
    with tempfile.TemporaryDirectory(
        prefix="framemesh-doctor-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        await asyncio.to_thread(_write_request, folder)
        child = await Child.start(
            (sys.executable, "-m", "framemesh.worker.trial", folder),
            name="trial",
            log=folder / "trial.log",
        )
        try:
            status = await child.wait()
        finally:
            await child.stop(GRACE_SECONDS)
        if status:
            said = child.last_log_line() or f"it ended with status {status}"
            return [problem(f"{server} cannot be used: {said}", REMEDY)]
        result = await asyncio.to_thread((folder / "result.json").read_text)
    seconds = json.loads(result)["seconds"]
    return [good(f"tritonserver starts and answers a real inference in {seconds:.1f} s")]


def elsewhere(address: str) -> Finding:
    """Of a Triton that somebody else runs, as it says itself: an inference would need a model that
    is loaded there, and nothing is changed."""
    try:
        health = health_of(address, ANSWER_SECONDS)
    except ValueError:
        return problem(f"{address!r} is no address of a Triton", CORRECT)
    match health:
        case Health.SERVING:
            return good(f"the Triton at {address} says that it is ready")
        case Health.NOT_SERVING:
            return problem(f"what answers at {address} is no Triton that is ready", CORRECT)
        case Health.UNANSWERED:
            return problem(f"no Triton answers at {address}", CORRECT)


def _write_request(folder: Path) -> None:
    model = read_model_folder(bundled("person"))
    request = {"manifest": dump(model.manifest), "model": str(model.file.resolve())}
    (folder / "request.json").write_text(json.dumps(request))
