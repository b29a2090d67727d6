"""The agent as a process, with the stand-in for its workers."""

import sys
from functools import partial
from pathlib import Path

from framemesh.agent.app import run
from framemesh.agent.settings import AgentSettings
from framemesh.runtime.service import run_configured

COMMAND = (sys.executable, str(Path(__file__).with_name("worker_program.py")))

if __name__ == "__main__":
    sys.exit(run_configured("agent", AgentSettings, partial(run, command=COMMAND)))
