"""`python -m framemesh.master`."""

import sys

from framemesh.master.app import run
from framemesh.master.settings import Settings
from framemesh.runtime.service import run_configured

if __name__ == "__main__":
    sys.exit(run_configured("master", Settings, run))
