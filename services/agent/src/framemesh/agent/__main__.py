"""`python -m framemesh.agent`."""

import sys

from framemesh.agent.app import run
from framemesh.agent.settings import AgentSettings
from framemesh.runtime.service import run_configured

if __name__ == "__main__":
    sys.exit(run_configured("agent", AgentSettings, run))
