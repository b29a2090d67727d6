"""A short round of chaos. `make chaos` runs long ones, with every fault."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.faults.catalogue import named
from tests.chaos.ledger.violation import Promise
from tests.chaos.load.images import make_images
from tests.chaos.mesh.mesh_setup import Machine
from tests.chaos.policies import POLICIES
from tests.chaos.rounds.round import Load, RunConfig, run_round
from tests.chaos.rounds.schedule import schedule

SEED = 20
"""The only worker is killed first: its frames are redelivered 10 s later, under other faults."""

FAULTS = ("kill nats", "kill ingest", "kill worker", "kill triton", "kill camera", "poison")
RETRY_SECONDS = (0.2, 0.8)


POLICY = "every_frame"


@pytest.mark.timeout(150)
async def test_no_promise_is_broken(tmp_path: Path) -> None:
    plan = schedule(SEED, named(FAULTS), RETRY_SECONDS)
    images = await asyncio.to_thread(make_images, tmp_path / "images")
    config = RunConfig(POLICIES[POLICY], Load(), images, Machine())
    played = await run_round(plan, config, tmp_path / "round", print)
    assert len(played.injected_faults) == len(plan.scheduled_faults)
    # Recovery time is measured on an idle machine only.
    found = [str(v) for v in played.violations if v.promise is not Promise.RECOVERY]
    assert not found, f"seed {SEED}: {found}"
