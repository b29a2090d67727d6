"""`python -m framemesh.master`."""

import sys

from framemesh.master.app import run
from framemesh.master.settings import Settings
from framemesh.runtime.service import run_service

if __name__ == "__main__":
    settings = Settings()
    sys.exit(run_service("master", lambda stop: run(settings, stop), settings.log_level))
