"""Figures that cost a request are asked for while somebody reads them."""

import asyncio

from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.metrics.on_demand import OnDemand
from tests.waiting import eventually


async def test_figures_are_refreshed_at_first_and_then_only_after_they_were_read() -> None:
    asked = 0

    async def refresh() -> None:
        nonlocal asked
        asked += 1

    demand = OnDemand(refresh, 0.0)
    async with background_task(demand.run()):
        await eventually(lambda: asked == 1, 5)
        for _ in range(20):
            await asyncio.sleep(0)
        assert asked == 1
        demand.read()
        await eventually(lambda: asked == 2, 5)
