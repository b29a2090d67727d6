"""`python -m framemesh.worker.agent`."""

import sys

from framemesh.runtime.service import run_service
from framemesh.worker.agent.app import run
from framemesh.worker.agent.settings import AgentSettings

if __name__ == "__main__":
    settings = AgentSettings()
    sys.exit(run_service("agent", lambda stop: run(settings, stop), settings.log_level))
