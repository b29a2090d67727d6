"""`python -m framemesh.monitor`."""

import sys

from framemesh.monitor.app import run
from framemesh.monitor.settings import Settings
from framemesh.runtime.service import run_service

if __name__ == "__main__":
    settings = Settings()
    sys.exit(run_service("monitor", lambda stop: run(settings, stop), settings.log_level))
