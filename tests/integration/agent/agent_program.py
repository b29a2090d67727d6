"""The agent as a process, with the stand-in for its workers."""

import sys
from functools import partial
from pathlib import Path

from framemesh.runtime.service import run_configured
from framemesh.worker.agent.app import run
from framemesh.worker.agent.settings import AgentSettings

COMMAND = (sys.executable, str(Path(__file__).with_name("worker_program.py")))

if __name__ == "__main__":
    sys.exit(run_configured("agent", AgentSettings, partial(run, command=COMMAND)))
