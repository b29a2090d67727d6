"""`python -m framemesh.ingest`."""

import sys

from framemesh.ingest.app import run
from framemesh.ingest.settings import Settings
from framemesh.runtime.service import run_configured

if __name__ == "__main__":
    sys.exit(run_configured("ingest", Settings, run))
