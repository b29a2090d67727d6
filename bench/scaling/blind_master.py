"""A master that places workers without regard to what the nodes do and cost, as it was before."""

import sys

from framemesh.master.app import run
from framemesh.master.scaling.node_survey import AlikeNodes, NodeSurvey
from framemesh.master.settings import Settings
from framemesh.runtime.service import run_configured

if __name__ == "__main__":
    NodeSurvey.ask = AlikeNodes.ask  # type: ignore[assignment, method-assign]
    sys.exit(run_configured("master", Settings, run))
