"""`python -m framemesh.ingest.processes FILE NUMBER`, as the supervisor starts each process.

FILE is the descriptor of its end of a pair of sockets.
"""

import socket
import sys
from functools import partial

from framemesh.ingest.processes.process import SERVICE, run
from framemesh.ingest.settings import Settings
from framemesh.runtime import logs
from framemesh.runtime.service import run_service
from framemesh.runtime.settings import from_environment


def main(file: int, number: int) -> int:
    """Returns the exit status."""
    settings = from_environment(Settings)
    logs.bind(process=number)
    end = socket.socket(fileno=file)
    return run_service(SERVICE, partial(run, settings, end, number), settings.log_level)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
