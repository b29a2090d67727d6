"""`python -m framemesh.ingest`."""

import sys

from framemesh.core.errors import FramemeshError
from framemesh.ingest.processes.count import process_count
from framemesh.ingest.settings import Settings
from framemesh.runtime.processes.cpus import usable_cpus
from framemesh.runtime.service import Run, run_configured
from framemesh.runtime.settings import from_environment


def chosen() -> Run[Settings]:
    """How ingest runs: in this process, or in several, which this one keeps running."""
    # Whichever of the two it is imports what it needs, before it starts: a supervisor without gRPC
    # and the broker's client takes 38 MB instead of 58.
    try:
        count = process_count(from_environment(Settings).processes, usable_cpus())
    except FramemeshError:
        count = 1  # it is told where it is found again
    if count == 1:
        from framemesh.ingest.app import run  # noqa: PLC0415

        return run
    from framemesh.ingest.processes.supervisor import supervised  # noqa: PLC0415

    return supervised(count)


if __name__ == "__main__":
    sys.exit(run_configured("ingest", Settings, chosen()))
