"""A short round of chaos. `make chaos` runs long ones, with every fault."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.chaos.faults.catalogue import named
from tests.chaos.ledger.violation import Promise
from tests.chaos.load.images import make_images
from tests.chaos.mesh.mesh_setup import Machine
from tests.chaos.policies import POLICIES
from tests.chaos.rounds.round import Load, Round, RunConfig, run_round
from tests.chaos.rounds.schedule import schedule

SEED = 20
"""The only worker is killed first: its frames are redelivered 10 s later, under other faults."""

FAULTS = ("kill nats", "kill ingest", "kill worker", "kill triton", "kill camera", "poison")
SCALING_FAULTS = ("kill leading", "freeze leading", "kill worker", "fill the buffer")
RETRY_SECONDS = (0.2, 0.8)


POLICY = "every_frame"


@pytest.mark.timeout(150)
async def test_no_promise_is_broken(tmp_path: Path) -> None:
    await _played(FAULTS, tmp_path, scaling=False)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_no_promise_is_broken_while_workers_come_and_go(tmp_path: Path) -> None:
    played = await _played(SCALING_FAULTS, tmp_path, scaling=True)
    assert played.under_scaling


async def _played(faults: Sequence[str], folder: Path, *, scaling: bool) -> Round:
    """A round with these faults, in which every promise was kept."""
    plan = schedule(SEED, named(faults), RETRY_SECONDS)
    images = await asyncio.to_thread(make_images, folder / "images")
    config = RunConfig(POLICIES[POLICY], Load(), images, Machine(), scaling)
    played = await run_round(plan, config, folder / "round", print)
    assert len(played.injected_faults) == len(plan.scheduled_faults)
    # Recovery time is measured on an idle machine only.
    found = [str(v) for v in played.violations if v.promise is not Promise.RECOVERY]
    assert not found, f"seed {SEED}: {found}"
    return played
