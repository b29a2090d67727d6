"""`python -m framemesh.ingest`."""

import sys

from framemesh.ingest.app import run
from framemesh.ingest.settings import Settings
from framemesh.runtime.service import run_service

if __name__ == "__main__":
    settings = Settings()
    sys.exit(run_service("ingest", lambda stop: run(settings, stop), settings.log_level))
