"""`python -m framemesh.worker`."""

import sys

from framemesh.runtime.service import run_service
from framemesh.worker.app import run
from framemesh.worker.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    sys.exit(run_service("worker", lambda stop: run(settings, stop), settings.log_level))
