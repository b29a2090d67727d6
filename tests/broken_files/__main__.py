"""`python -m tests.broken_files`: broken model files through a running mesh; exit status 1 where
one of them is not as promised."""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.frames import jpegs
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.broken_files.broken_files import broken_files
from tests.broken_files.campaign import Findings, campaign
from tests.e2e.mesh import ROOT, Mesh

PIPELINE = "healthy"
MIB = 1024 * 1024


async def run(count: int, seed: int, folder: Path) -> Findings:
    async with running_mesh(folder / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as state:
        mesh = Mesh(state)
        await mesh.add_model(ROOT / "models/person")
        await mesh.apply(PipelineSpec(PIPELINE, (StageSpec("people", "person"),)))
        files = list(broken_files(count, seed))
        return await campaign(state, PIPELINE, files, jpegs()[0], folder / "files")


def report(findings: Findings, *, lines: bool) -> None:
    attempts = findings.attempts
    if lines:
        for number, each in enumerate(attempts):
            cost = f"{each.seconds:5.1f} s {each.peak_bytes / MIB:5.0f} MiB"
            said = "registered" if each.registered else " | ".join(each.said)
            print(f"{number:3} {each.kind:20} {cost}  {said}")
    ways = Counter(
        "registered" if each.registered else "asked" if each.asked else "refused"
        for each in attempts
    )
    seconds = sorted(each.seconds for each in attempts)
    print(f"{len(attempts)} files: {dict(ways)}")
    print(
        f"seconds: median {statistics.median(seconds):.1f}, most {seconds[-1]:.1f}; memory of all "
        f"processes of a command: most {max(each.peak_bytes for each in attempts) / MIB:.0f} MiB"
    )
    print(
        f"meanwhile {findings.offered} frames were offered, {findings.done} are done; the master "
        f"answered within {findings.slowest_answer:.2f} s, and grew by "
        f"{findings.master_growth / MIB:.1f} MiB"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--lines", action="store_true", help="what was said of each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="framemesh-broken-") as folder:
        findings = asyncio.run(run(options.count, options.seed, Path(folder)))
    report(findings, lines=options.lines)
    for problem in findings.problems():
        print(problem)
    return 1 if findings.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
