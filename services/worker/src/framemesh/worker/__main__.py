"""`python -m framemesh.worker`."""

import sys

from framemesh.runtime.service import run_configured
from framemesh.worker.app import run
from framemesh.worker.settings import Settings

if __name__ == "__main__":
    sys.exit(run_configured("worker", Settings, run))
