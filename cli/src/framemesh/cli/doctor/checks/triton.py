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
from framemesh.cli.doctor.finding import Finding, good, note, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.core.documents.document import dump
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.programs import triton

SECONDS = 90.0
"""It takes 3 s on an idle machine, and many times as long on one that has much else to do."""

GRACE_SECONDS = 5.0

REMEDY = "`framemesh setup` installs it anew; FRAMEMESH_TRITON_SERVER names another"


async def examine(_: Surroundings) -> Sequence[Finding]:
    """
    Raises:
        ProgramMissing: there is none; it says how to install it.
    """
    if remote := os.environ.get("FRAMEMESH_WORKER_TRITON"):
        return [note(f"workers use the Triton at {remote}, which is not examined")]
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


def _write_request(folder: Path) -> None:
    model = read_model_folder(bundled("person"))
    request = {"manifest": dump(model.manifest), "model": str(model.file.resolve())}
    (folder / "request.json").write_text(json.dumps(request))
