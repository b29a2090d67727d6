"""What an earlier mesh of the data folder left behind."""

from collections.abc import Sequence

import psutil

from framemesh.cli.doctor.finding import Finding, good, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.local.lock import down_command
from framemesh.cli.local.orphans import marked


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    if surroundings.supervisor is not None:
        return [_of_supervisor(surroundings.supervisor, surroundings)]
    orphans = await in_thread(lambda: list(marked(surroundings.data)))
    return judged(surroundings, orphans)


def judged(surroundings: Surroundings, orphans: Sequence[psutil.Process]) -> Sequence[Finding]:
    """Of a folder whose mesh is not running."""
    clean = f"`{down_command(surroundings.data)}` clears it away, and so does `framemesh up`"
    found = []
    if orphans:
        pids = ", ".join(str(process.pid) for process in orphans[:5])
        count = "1 process" if len(orphans) == 1 else f"{len(orphans)} processes"
        found.append(problem(f"{count} of a mesh whose supervisor is gone: {pids}", clean))
    if surroundings.run is not None:
        pid = surroundings.run.pid
        found.append(
            warning(f"{surroundings.data}/run.json is of a supervisor that is gone ({pid})", clean)
        )
    return found or [good(f"nothing is left of an earlier mesh in {surroundings.data}")]


def _of_supervisor(pid: int, surroundings: Surroundings) -> Finding:
    if surroundings.run is None or surroundings.run.pid != pid:
        return warning(
            f"process {pid} holds {surroundings.data}, and its run.json is missing or another's",
            "a mesh that starts needs seconds; if it stays so, end that process",
        )
    return good(f"a mesh runs in {surroundings.data}, kept by process {pid}")
