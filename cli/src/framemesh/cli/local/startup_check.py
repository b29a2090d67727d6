"""Whether a mesh that starts will come up."""

from framemesh.cli.local.errors import StartFailed
from framemesh.cli.local.run_state import RunState
from framemesh.runtime.processes.supervision import State

START_TIMEOUT_SECONDS = 60.0
"""Until all are healthy. Seconds on an idle machine; full streams on a slow disk take longer."""


def check(run: RunState) -> RunState:
    """Return `run`, which may still become ready.

    Raises:
        StartFailed: one of the programs ended and is not ready again.
    """
    if failed := run.failed:
        raise StartFailed(f"{failed.name} did not start: {failed.trouble} (log: {failed.log})")
    return run


def startup_timeout(run: RunState) -> StartFailed:
    """What to raise when a mesh was not ready in time."""
    waiting = [program for program in run.programs if program.state is not State.READY]
    names = ", ".join(program.name for program in waiting)
    logs = ", ".join(program.log for program in waiting)
    return StartFailed(f"not ready after {START_TIMEOUT_SECONDS:.0f} s: {names} (log: {logs})")
