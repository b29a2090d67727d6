"""Whether a mesh that starts will come up."""

from framemesh.cli.embedded.errors import StartFailed
from framemesh.cli.embedded.run import Run
from framemesh.runtime.processes.supervision import State

START_SECONDS = 60.0
"""Until all is healthy. Seconds on a machine at rest; a slow disk with full streams takes more."""


def check(run: Run) -> Run:
    """Return `run`, which may still become ready.

    Raises:
        StartFailed: one of the programs ended and is not ready again.
    """
    if failed := run.failed:
        raise StartFailed(f"{failed.name} did not start: {failed.trouble} (log: {failed.log})")
    return run


def too_slow(run: Run) -> StartFailed:
    """What to raise when a mesh was not ready in time."""
    waiting = [program for program in run.programs if program.state is not State.READY]
    names = ", ".join(program.name for program in waiting)
    logs = ", ".join(program.log for program in waiting)
    return StartFailed(f"not ready after {START_SECONDS:.0f} s: {names} (log: {logs})")
