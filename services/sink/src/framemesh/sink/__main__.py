"""`python -m framemesh.sink`."""

import sys

from framemesh.runtime.service import run_configured
from framemesh.sink.app import run
from framemesh.sink.settings import Settings

if __name__ == "__main__":
    sys.exit(run_configured("sink", Settings, run))
