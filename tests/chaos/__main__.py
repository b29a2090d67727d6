"""Chaos tests: faults of every kind are injected into a mesh, and its guarantees are checked.

Each round has its own mesh and its own seed, which determines all faults of the round: a round that
violated a guarantee is repeated by `--seed SEED --rounds 1`. The exit status is 1 if a guarantee
was violated.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import structlog
from rich.console import Console

from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from tests.chaos.machine import isolation
from tests.chaos.options import Options, options
from tests.chaos.policies import POLICIES
from tests.chaos.report.decisions import decisions_line
from tests.chaos.report.figures import figures
from tests.chaos.report.table import markdown, rich_table
from tests.chaos.rounds.campaign import Campaign

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    run = options(__doc__ or "")
    if run.brokers == 1 and not isolation.isolated():
        if not (trouble := isolation.missing()):
            isolation.isolate("tests.chaos")
        console.print(f"no network and no disk of our own here: {trouble}")
    folder = Path(tempfile.mkdtemp(prefix="framemesh-chaos-"))
    campaign, interrupted = Campaign(run, folder, console), 0
    with (folder / "supervisor.log").open("w") as log:
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(log))
        try:
            run_interruptible(campaign.run())
        except Interrupted as error:
            interrupted = error.status
    return report(campaign, run, folder) or interrupted


def report(campaign: Campaign, run: Options, folder: Path) -> int:
    """Print the table and the verdict; returns the exit status."""
    rounds, ordered = campaign.rounds, POLICIES[run.policy].ordered
    found = figures(rounds)
    console.print(rich_table(found, ordered=ordered))
    if run.markdown:
        run.markdown.write_text(markdown(found, ordered=ordered) + "\n")
    unscaled = [each for each in rounds if run.scaling and not each.under_scaling]
    for each in rounds if run.scaling else ():
        console.print(decisions_line(each))
    frames = sum(len(each.evidence.offers) for each in rounds)
    played = f"{len(rounds)} of {len(run.seeds)} rounds, {frames} frames"
    if broken := [each for each in rounds if each.violations]:
        for each in broken:
            console.print(f"seed {each.schedule.seed}: {len(each.violations)} promises broken")
        console.print(f"{played}; what they left is in {folder}")
        return 1
    shutil.rmtree(folder)
    console.print(f"{played}, every promise kept")
    return 1 if unscaled else 0


if __name__ == "__main__":
    sys.exit(main())
