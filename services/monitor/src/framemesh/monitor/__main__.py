"""`python -m framemesh.monitor`."""

import sys

from framemesh.monitor.app import run
from framemesh.monitor.settings import Settings
from framemesh.runtime.service import run_configured

if __name__ == "__main__":
    sys.exit(run_configured("monitor", Settings, run))
