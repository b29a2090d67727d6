"""`python -m framemesh.worker.agent`."""

import sys

from framemesh.runtime.service import run_configured
from framemesh.worker.agent.app import run
from framemesh.worker.agent.settings import AgentSettings

if __name__ == "__main__":
    sys.exit(run_configured("agent", AgentSettings, run))
