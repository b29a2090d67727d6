"""Command-line options of `python -m tests.chaos`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from tests.chaos.faults.catalogue import FAULTS, NoSuchFault, named
from tests.chaos.faults.fault import Fault
from tests.chaos.policies import POLICIES
from tests.chaos.rounds.round import CAMERAS, FPS
from tests.integration.cluster.cluster import SIZE

LAST_SEED = 10**6
"""Upper bound of random seeds: short enough to be typed."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run."""

    seeds: range
    """One seed for each round."""
    faults: Sequence[Fault]
    policy: str
    brokers: int
    masters: int
    scaling: bool
    overlapping: bool
    cameras: int
    fps: float
    markdown: Path | None


def options(about: str) -> Options:
    """Parse the command line; exits with a usage error if it is invalid."""
    parser = _parser(about)
    given = parser.parse_args()
    try:
        faults = named(given.fault)
    except NoSuchFault as error:
        parser.error(str(error))
    return Options(
        seeds=range(given.seed, given.seed + given.rounds),
        faults=faults,
        policy=given.policy,
        brokers=given.brokers,
        masters=given.masters,
        scaling=not given.fixed_workers and POLICIES[given.policy].scales,
        overlapping=given.overlapping,
        cameras=given.cameras,
        fps=given.fps,
        markdown=given.markdown,
    )


def _parser(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=about,
        epilog=f"Faults: {', '.join(fault.name for fault in FAULTS)}.",
    )
    add = parser.add_argument
    add("--seed", type=int, default=SystemRandom().randrange(LAST_SEED), help="of the first round")
    add("--rounds", type=int, default=1, help="each with every fault once")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="BEGINNING",
        help='only those that begin so: "kill", "freeze worker"; may be given several times',
    )
    add("--policy", choices=sorted(POLICIES), default="every_frame")
    add(
        "--brokers",
        type=int,
        choices=(1, SIZE),
        default=1,
        help="three: no cable is cut, no disk filled",
    )
    add("--masters", type=int, choices=(1, 2), default=2, help="of two, one leads")
    add(
        "--fixed-workers",
        action="store_true",
        help="one or two; otherwise as many as the load needs, which changes all the time",
    )
    add(
        "--overlapping",
        action="store_true",
        help="a fault does not wait for the recovery of the last",
    )
    add("--cameras", type=int, default=CAMERAS)
    add("--fps", type=float, default=FPS, help="of each camera")
    add("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    return parser
