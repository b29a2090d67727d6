"""A whole mesh under a steady load for hours: `make soak SOAK="--hours 2 --rate 60"`.

Every few seconds it reads the memory, the file descriptors and the threads of every process, what
the broker has in memory and on disk, and the ledger, into a folder; `make figures` draws them. At
the end it says whether anything grew after the warm-up, and whether every frame that was accepted
has its one outcome; it ends with 1 if not.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.frames import MODEL
from bench.soak.run import Load, soak
from bench.soak.samples import recorded, recorder
from bench.soak.verdict import GROWTH_SHARE, Bounds, report, verdict

WARM_SHARE = 1 / 3
"""Of the run, which is not judged: five minutes of fifteen fill the ledger."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    time = parser.add_mutually_exclusive_group()
    time.add_argument("--hours", type=float, default=2.0)
    time.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=float, default=60.0, help="frames/s of all cameras")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two samples")
    parser.add_argument("--out", type=Path, default=Path("docs/figures/soak"))
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    model.add_argument("--simulated", action="store_true", help="an accelerator that sleeps")
    parser.add_argument("--warm-share", type=float, default=WARM_SHARE, help="not judged")
    parser.add_argument("--growth", type=float, default=GROWTH_SHARE, help="allowed, as a share")
    given = parser.parse_args()
    seconds = 3600 * given.hours if given.seconds is None else given.seconds
    model_folder = None if given.simulated else given.model
    load = Load(seconds, given.rate, given.cameras, given.every, model_folder)
    with tempfile.TemporaryDirectory() as folder, recorder(given.out) as to:
        sent = asyncio.run(soak(load, Path(folder), to))
    bounds = Bounds(growth_share=given.growth)
    findings = verdict(recorded(given.out), given.warm_share * seconds, sent.accepted, bounds)
    passed = report(findings)
    print(f"samples: {given.out}")
    sys.exit(not passed)


if __name__ == "__main__":
    main()
